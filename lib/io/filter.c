/* The loop of a filter. Records are read into slots, worked on by the threads, and written in the slots'
 * order. */
#include "io/filter.h"

#include "base/err.h"
#include "base/progress.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP_PER_THREAD 4                  /* records */
#define GROUP_BYTES      ((size_t)64 << 20) /* of input: a group is closed by the record that reaches it */

typedef struct slot {
    record in;
    pack out;
    char *error; /* why the stage refused it; NULL: it did not */
} slot;

typedef struct run {
    const filter *f;
    pool *threads;
    stream_in *in;
    stream_out *out;
    slot *slots;
    int capacity,
        n; /* slots; those filled. One more slot than capacity is there, for the record that is read ahead */
    size_t bytes;
    unsigned segment; /* of the input, that the open segment of the output belongs to */
    uint64_t written, bad;
    progress shown;
} run;

/* ---- the work ---- */

static void apply_one(void *context, int task, int worker)
{
    run *r = context;
    slot *s = &r->slots[task];
    pack_clear(&s->out);
    int result = r->f->apply(r->f->context, worker, &s->in, &s->out);
    if (result == 0 && pack_failed(&s->out)) {
        err_set("out of memory, or a value too large for msgpack");
        result = record_error(&s->in, NULL);
    }
    if (result == 0)
        return;
    const char *why = err_message();
    s->error = mem_strndup(why, strlen(why));
    if (!s->error)
        s->error = mem_strndup("", 0);
}

/* Reports a bad record: 0 when the run goes on. */
static int bad_record(run *r, const char *why)
{
    r->bad++;
    r->f->warn("%s", why);
    return r->f->skip_bad ? 0 : -1;
}

static int write_slot(run *r, slot *s)
{
    if (s->error)
        return bad_record(r, s->error);
    if (stream_write(r->out, &s->in, r->f->drop, &s->out) < 0) {
        r->f->warn("%s", err_message());
        return -1;
    }
    r->written++;
    return 0;
}

/* Works on the records that were gathered, and writes them. */
static int finish_group(run *r)
{
    int result = 0;
    pool_run(r->threads, apply_one, r, r->n);
    for (int i = 0; i < r->n; i++) {
        if (result == 0)
            result = write_slot(r, &r->slots[i]);
        mem_free(r->slots[i].error);
        r->slots[i].error = NULL;
    }
    r->n = 0;
    r->bytes = 0;
    progress_update(&r->shown, r->written, "");
    return result;
}

/* ---- the stream ---- */

static int begin_segment(run *r)
{
    const filter *f = r->f;
    const record *header = stream_header(r->in);
    r->segment = stream_segment(r->in);
    if ((f->check && f->check(f->context, header) < 0) ||
        stream_begin(r->out, f->out_kind, f->program, f->fingerprint, header, f->header) < 0) {
        f->warn("%s", err_message());
        return -1;
    }
    return 0;
}

/* When the record in slot n came from a new segment: the group before it is finished first. */
static int change_segment(run *r)
{
    if (stream_segment(r->in) == r->segment)
        return 0;
    slot *first = &r->slots[0], *ahead = &r->slots[r->n];
    if (finish_group(r) < 0 || begin_segment(r) < 0)
        return -1;
    slot swap = *first;
    *first = *ahead;
    *ahead = swap;
    return 0;
}

/* The input ended badly: what came whole is handed on, then the message printed. */
static int broken_input(run *r)
{
    char *why = mem_strndup(err_message(), strlen(err_message()));
    (void)finish_group(r);
    r->f->warn("%s", why ? why : "out of memory");
    mem_free(why);
    return -1;
}

static bool group_full(const run *r)
{
    return r->n == r->capacity || r->bytes >= GROUP_BYTES || (r->n > 0 && !stream_ready(r->in));
}

static int copy_stream(run *r)
{
    if (begin_segment(r) < 0)
        return -1;
    for (;;) {
        slot *s = &r->slots[r->n];
        int got = stream_read(r->in, &s->in);
        if (got < 0 && stream_recoverable(r->in)) {
            if (!r->f->skip_bad)
                return broken_input(r);
            (void)bad_record(r, err_message());
            continue;
        }
        if (got < 0)
            return broken_input(r);
        if (change_segment(r) < 0)
            return -1;
        if (got == 0)
            return finish_group(r);
        r->bytes += r->slots[r->n].in.bytes.len;
        r->n++;
        if (group_full(r) && finish_group(r) < 0)
            return -1;
    }
}

/* ---- life ---- */

/* Opening the output would empty it. */
static int refuse_own_input(const filter *f)
{
    struct stat out, in;
    if (!f->output || strcmp(f->output, "-") == 0 || stat(f->output, &out) < 0 || !S_ISREG(out.st_mode))
        return 0;
    for (int i = 0; i < f->n_files || i == 0; i++) {
        const char *path = f->n_files > 0 ? f->files[i] : "-";
        const int there = strcmp(path, "-") == 0 ? fstat(STDIN_FILENO, &in) : stat(path, &in);
        if (there == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return err_set("%s: the output is also an input", f->output);
    }
    return 0;
}

static int open_run(run *r)
{
    const filter *f = r->f;
    if (refuse_own_input(f) < 0)
        return -1;
    r->capacity = GROUP_PER_THREAD * pool_size(r->threads);
    r->slots = mem_array((size_t)r->capacity + 1, sizeof *r->slots);
    if (!r->slots)
        return -1;
    r->in = stream_open(f->files, f->n_files, &(stream_options){.max_record = f->max_record});
    if (!r->in || stream_expect(r->in, f->in_kind) < 0)
        return -1;
    r->out = stream_create(f->output, f->unbuffered);
    return r->out ? 0 : -1;
}

static void close_run(run *r)
{
    for (int i = 0; r->slots && i <= r->capacity; i++) {
        record_free(&r->slots[i].in);
        pack_free(&r->slots[i].out);
    }
    mem_free(r->slots);
    stream_close(r->in);
}

static int finish_output(run *r, int result)
{
    if (result < 0) {
        stream_abandon(r->out);
        return -1;
    }
    if (stream_end(r->out) == 0)
        return 0;
    r->f->warn("%s", err_message());
    return -1;
}

int filter_run(const filter *f, pool *threads)
{
    run r = {.f = f, .threads = threads};
    int result = open_run(&r);
    if (result < 0) {
        f->warn("%s", err_message());
    } else {
        progress_start(&r.shown, f->program, "records", 0, f->quiet);
        result = finish_output(&r, copy_stream(&r));
        progress_end(&r.shown);
    }
    if (r.bad > 0 && f->skip_bad)
        f->warn("%" PRIu64 " records done, %" PRIu64 " bad ones left out", r.written, r.bad);
    close_run(&r);
    return result < 0 || r.bad > 0;
}
