/* SPDX-License-Identifier: Apache-2.0 */
/* Lines are copied into slots, as many as there are at once without waiting; the threads make encounters of
 * them. */
#include "text/encounters.h"

#include "base/err.h"
#include "base/idset.h"
#include "base/printable.h"
#include "io/file.h"
#include "io/output.h"
#include "text/lines.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define GROUP_PER_THREAD 16         /* lines */
#define GROUP_BYTES      (32 << 20) /* of lines: a group is closed by the line that reaches it */
#define SLOT_KEEPS       (1 << 20)  /* a slot whose line was longer gives its memory back */

typedef struct slot {
    buf line; /* as it was read */
    const char *path;
    uint64_t number, offset; /* of the line in its file; number 0: the error concerns the file */
    encounter e;
    bool bad;
    buf why; /* NUL-terminated message, if the encounter is bad */
} slot;

struct encounters {
    const char *const *files;
    int n_files, opened;
    size_t max_line;
    const tokenizer *t;
    const notes_rules *rules;
    pool *threads;
    off_t bytes, bytes_closed; /* of all files, 0 if unknown; of those that were read to their end */
    lines in;
    bool encounter_reading, failed; /* in is open; reading cannot continue */
    slot *slots;
    int capacity, n, next; /* slots; filled; returned */
    idset ids;
};

/* ---- a group ---- */

/* Keeps the message there is. */
static void set_bad(slot *s)
{
    const char *why = err_message();
    s->bad = true;
    s->why.len = 0;
    if (buf_add(&s->why, why, strlen(why) + 1) < 0)
        s->why.len = 0;
}

static void free_slot(slot *s)
{
    buf_free(&s->line);
    buf_free(&s->why);
    encounter_free(&s->e);
}

static slot *add_slot(encounters *r)
{
    slot *s = &r->slots[r->n++];
    if (s->line.cap > SLOT_KEEPS)
        free_slot(s);
    s->line.len = 0;
    s->bad = false;
    s->number = 0;
    s->e.id = "";
    return s;
}

/* Reading ends here. The encounters read before it are returned first. */
static void add_failure(encounters *r)
{
    set_bad(add_slot(r));
    r->opened = r->n_files;
    r->encounter_reading = false;
}

static bool is_blank(const lines *l)
{
    return strspn(l->text, " \t\r") == l->n;
}

/* got: what lines_next() said of the line. */
static void add_line(encounters *r, int got)
{
    const lines *l = &r->in;
    if (got > 0 && is_blank(l))
        return;
    slot *s = add_slot(r);
    s->path = l->path;
    s->number = l->number;
    s->offset = l->offset;
    if (got < 0 || buf_add(&s->line, l->text, l->n + 1) < 0) /* with its terminating NUL */
        set_bad(s);
    else
        s->line.len--;
}

/* Opens the next file. False: there is none, or it cannot be opened. */
static bool open_next(encounters *r)
{
    if (r->opened == r->n_files)
        return false;
    r->encounter_reading = lines_open(&r->in, r->files[r->opened], r->max_line) == 0;
    if (r->encounter_reading)
        r->opened++;
    else
        add_failure(r);
    return r->encounter_reading;
}

/* Adds the next line of the files. False: no more, or a line that is too long: it is reported before the rest
 * of it is passed over. */
static bool read_line(encounters *r)
{
    while (r->encounter_reading || open_next(r)) {
        int got = lines_next(&r->in);
        if (r->in.failed)
            add_failure(r);
        else if (got != 0)
            add_line(r, got);
        r->encounter_reading = r->encounter_reading && got != 0;
        if (!r->encounter_reading) {
            r->bytes_closed += file_sizes(&r->files[r->opened - 1], 1);
            lines_close(&r->in);
        }
        if (got != 0)
            return r->encounter_reading && got > 0;
    }
    return false;
}

static void read_group(encounters *r)
{
    size_t bytes = 0;
    r->n = r->next = 0;
    while (r->n < r->capacity && bytes < GROUP_BYTES) {
        if (r->n > 0 && r->encounter_reading && !lines_ready(&r->in))
            return;
        if (!read_line(r))
            return;
        if (r->n > 0)
            bytes += r->slots[r->n - 1].line.len;
    }
}

static void make_encounter(void *context, size_t task, size_t worker)
{
    encounters *r = context;
    slot *s = &r->slots[task];
    (void)worker;
    if (!s->bad && encounter_read(&s->e, r->t, r->rules, (char *)s->line.data, s->line.len) < 0)
        set_bad(s);
}

/* ---- handing out ---- */

static int check_new(encounters *r, const encounter *e)
{
    int is_new = idset_add(&r->ids, e->id, e->id_len);
    r->failed |= is_new < 0;
    return is_new == 0 ? err_set("duplicate id: an earlier encounter has it too") : is_new;
}

/* What to do about a line that is not an encounter in JSON, by the reason and the first byte of the line. ""
 * if the reason says it. The parser does not overwrite that byte. */
static const char *remedy(const slot *s, const char *why)
{
    const unsigned char *line = s->line.data, first = s->line.len > 0 ? *line : 0;
    if (strstr(why, ": not UTF-8") && s->number == 1 && s->line.len > 1 && (first == 0xff || first == 0xfe))
        return ": convert the file from UTF-16 (iconv -f UTF-16 -t UTF-8)";
    if (strstr(why, ": not UTF-8") && s->number == 1 && ((first & 0xf0) == 0x80 || first == 0xde))
        return ": expected encounters as JSON Lines, but this is a stream of ecan or another binary file";
    if (strstr(why, ": not UTF-8"))
        return ": convert the file (iconv -f WINDOWS-1252 -t UTF-8)";
    if (strncmp(why, "expected an object, found an array", 34) == 0)
        return ": write each encounter on its own line (jq -c '.[]')";
    if (strstr(why, ": ends within a value"))
        return ": each encounter is one whole line (jq -c . joins lines)";
    if (strstr(why, ": not JSON") && first != '{' && first != '[')
        return ": expected encounters as JSON Lines (ecan-convert makes them from CSV and text)";
    if (strstr(why, ": not JSON"))
        return " (strings and keys are in double quotes; no comma after the last)";
    return "";
}

static int tell(encounters *r, slot *s)
{
    const char *why = s->why.len > 0 ? (const char *)s->why.data : "out of memory";
    err_set("%s%s", why, remedy(s, why));
    if (s->number == 0) {
        r->failed = true;
        return -1;
    }
    char id[PRINTABLE_ROOM];
    printable_id(id, s->e.id, strlen(s->e.id));
    return err_prefix("%s: line %" PRIu64 "%s%s%s: offset %" PRIu64 ": ", s->path, s->number, *id ? " (" : "",
                      id, *id ? ")" : "", s->offset);
}

int encounters_next(encounters *r, const encounter **e)
{
    if (r->next == r->n) {
        read_group(r);
        pool_run(r->threads, make_encounter, r, r->n);
    }
    if (r->next == r->n)
        return 0;
    slot *s = &r->slots[r->next++];
    if (!s->bad && check_new(r, &s->e) < 0)
        set_bad(s);
    *e = &s->e;
    return s->bad ? tell(r, s) : 1;
}

bool encounters_failed(const encounters *r)
{
    return r->failed;
}

double encounters_fraction(const encounters *r)
{
    if (r->bytes == 0)
        return 0;
    const off_t at = r->encounter_reading ? lseek(r->in.fd, 0, SEEK_CUR) : 0;
    return (double)(r->bytes_closed + (at > 0 ? at : 0)) / (double)r->bytes;
}

/* ---- life ---- */

encounters *encounters_open(const char *const *files, int n, size_t max_line, const tokenizer *t,
                            const notes_rules *rules, pool *threads)
{
    encounters *r = mem_array(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (encounters){
        .files = files, .n_files = n, .max_line = max_line, .t = t, .rules = rules, .threads = threads};
    r->bytes = file_sizes(files, n);
    r->capacity = GROUP_PER_THREAD * pool_size(threads);
    r->slots = mem_array(r->capacity, sizeof *r->slots);
    if (!r->slots || input_named(files, n) < 0) {
        encounters_close(r);
        return NULL;
    }
    return r;
}

void encounters_close(encounters *r)
{
    if (!r)
        return;
    for (int i = 0; r->slots && i < r->capacity; i++)
        free_slot(&r->slots[i]);
    if (r->encounter_reading)
        lines_close(&r->in);
    mem_free(r->slots);
    idset_free(&r->ids);
    mem_free(r);
}
