/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for brat (formats/exports.md): each note is a text with its annotations, ENCOUNTER/NOTE.txt and
 * .ann, or ENCOUNTER.txt if the note has the id of its encounter. ecan-convert brat --folders reads it. The
 * folder is written under another name, and appears when it is complete. */
#include "base/err.h"
#include "corpus/export.h"
#include "corpus/file_names.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the folder ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

void export_close(export *x)
{
    if (x->folder)
        nftw(x->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* incomplete; what cannot be removed stays */
    free(x->folder);
    idset_free(&x->devices);
    buf_free(&x->line);
}

static int create(const char *path, FILE **f)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (*f)
        return 0;
    if (errno == EEXIST)
        err_set("duplicate encounter or note: its file %s exists", path);
    else
        err_io("%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static int finish(FILE *f, const char *path)
{
    const bool failed = ferror(f);
    return fclose(f) || failed ? err_io("%s: %s", path, strerror(errno)) : 0;
}

/* brat shows only types that are listed here. */
static int write_configuration(const export *x)
{
    FILE *f;
    char *path = file_join(x->folder, "annotation.conf");
    int result = path ? create(path, &f) : -1;
    if (!result) {
        fputs("[entities]\nProposed\nAccepted\n" EXPORT_NO_PLACE("Proposed") "\n" EXPORT_NO_PLACE(
                  "Accepted") "\n[relations]\n[events]\n[attributes]\n",
              f);
        result = finish(f, path);
    }
    free(path);
    return result;
}

/* 0: nothing has that name, or an empty folder. */
static int check_place(const char *path)
{
    DIR *d = opendir(path);
    int entries = 0;
    if (!d && errno != ENOENT && errno != ENOTDIR)
        return err_io("%s: %s", path, strerror(errno));
    if (!d && errno == ENOENT)
        return 0;
    errno = 0;
    while (d && readdir(d))
        entries++;
    const int error = errno;
    if (d)
        closedir(d);
    if (d && error)
        return err_io("%s: %s", path, strerror(error));
    return d && entries <= 2 ? 0
                             : err_set("%s: it exists: choose a new or an empty folder", path); /* . and .. */
}

static int begin(export *x)
{
    const char *folder = x->o->folder;
    size_t n = strlen(folder);
    while (n > 1 && folder[n - 1] == '/')
        n--;
    if (check_place(folder)) /* rename() replaces an empty folder, too */
        return -1;
    if (asprintf(&x->folder, "%.*s.XXXXXX", (int)n, folder) < 0)
        return x->folder = NULL, err_memory("out of memory");
    if (!mkdtemp(x->folder)) {
        err_io("%s: %s", folder, strerror(errno));
        free(x->folder);
        x->folder = NULL;
        return -1;
    }
    x->begun = true;
    return write_configuration(x);
}

/* ---- annotations ---- */

typedef struct ann {
    export *x;
    FILE *f;
    const export_note *note;
    int marks;
} ann;

/* A text on one line. */
static void put(FILE *f, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        putc(strchr("\t\r\n", s[i]) ? ' ' : s[i], f);
}

static void put_normalization(const ann *a, const export_code *c)
{
    fprintf(a->f, "N%d\tReference T%d %s:", a->marks, a->marks,
            a->x->o->code_system ? a->x->o->code_system : "code");
    fwrite(c->code.s, 1, c->code.n, a->f);
    putc('\t', a->f);
    put(a->f, c->description.s, c->description.n);
    putc('\n', a->f);
}

static const char *type_of(const export_code *c)
{
    return c->accepted ? "Accepted" : "Proposed";
}

/* brat has no mark over a line end: the parts are those between line ends. Writes ";" between two things. */
static size_t next_part(const export_note *n, size_t *at, size_t end)
{
    *at += strspn(n->text.s + *at, "\r\n");
    return *at < end ? strcspn(n->text.s + *at, "\r\n") : 0;
}

static bool put_mark(ann *a, const export_code *c, const export_passage *p)
{
    const char *text = a->note->text.s;
    const size_t from = (size_t)offset_bytes(text, a->note->text.n, p->begin, OFFSET_CODE_POINTS),
                 to = (size_t)offset_bytes(text, a->note->text.n, p->end, OFFSET_CODE_POINTS);
    size_t at = from, n, parts = 0, begin = p->begin;
    for (size_t last = from; (n = next_part(a->note, &at, to)) > 0; at += n) {
        n = at + n < to ? n : to - at;
        begin += offset_count(text + last, at - last, OFFSET_CODE_POINTS);
        if (parts++ == 0)
            fprintf(a->f, "T%d\t%s ", ++a->marks, type_of(c));
        else
            putc(';', a->f);
        fprintf(a->f, "%zu %zu", begin, begin + offset_count(text + at, n, OFFSET_CODE_POINTS));
        last = at;
    }
    if (parts == 0)
        return false;
    putc('\t', a->f);
    for (at = from, parts = 0; (n = next_part(a->note, &at, to)) > 0; at += n) {
        n = at + n < to ? n : to - at;
        if (parts++)
            putc(' ', a->f);
        put(a->f, text + at, n);
    }
    putc('\n', a->f);
    put_normalization(a, c);
    return true;
}

/* A code without a passage has a mark of another type, on the first word of the note. */
static void put_without_place(ann *a, const export_code *c)
{
    const char *text = a->note->text.s;
    const size_t blanks = strspn(text, " \t\r\n"), n = strcspn(text + blanks, " \t\r\n");
    const size_t begin = offset_count(text, blanks, OFFSET_CODE_POINTS);
    fprintf(a->f, "T%d\t%s%s %zu %zu\t", ++a->marks, type_of(c), EXPORT_NO_PLACE(""), begin,
            begin + offset_count(text + blanks, n, OFFSET_CODE_POINTS));
    put(a->f, text + blanks, n);
    putc('\n', a->f);
    put_normalization(a, c);
}

/* ---- notes ---- */

static bool has_words(const export_note *n)
{
    return n->text.s[strspn(n->text.s, " \t\r\n")] != '\0';
}

static const export_note *first_with_words(const export_encounter *e)
{
    for (size_t i = 0; i < e->n_notes; i++)
        if (has_words(&e->notes[i]))
            return &e->notes[i];
    return NULL;
}

static int write_annotations(export *x, const export_encounter *e, const export_note *note, FILE *f)
{
    ann a = {x, f, note, 0};
    for (size_t i = 0; i < e->n_codes; i++) {
        const export_code *c = &e->codes[i];
        for (size_t k = c->first; k < c->first + c->n; k++)
            if (export_find_note(e, e->passages[k].note) == note && !put_mark(&a, c, &e->passages[k]))
                left_out_add(x->left_out, "passage", "brat has no mark of only line ends", 1);
        if (c->n == 0 && first_with_words(e) == note)
            put_without_place(&a, c);
    }
    return 0;
}

/* Writes NAME.txt and NAME.ann. name is filled up to its end, and has room for the ending. */
static int write_note(export *x, const export_encounter *e, const export_note *note, buf *name)
{
    for (int k = 0; k < 2; k++) {
        FILE *f;
        if (buf_add(name, k == 0 ? ".txt" : ".ann", 5))
            return -1;
        char *path = file_join(x->folder, (const char *)name->data);
        int result = path ? create(path, &f) : -1;
        if (!result) {
            if (k == 0)
                fwrite(note->text.s, 1, note->text.n, f);
            else
                result = write_annotations(x, e, note, f);
            result = finish(f, path) || result ? -1 : 0;
        }
        free(path);
        if (result)
            return -1;
        name->len -= 5;
    }
    return 0;
}

static int make_folder(const export *x, const char *name)
{
    char *path = file_join(x->folder, name);
    int result = path ? 0 : -1;
    if (path && mkdir(path, 0700))
        result = errno == EEXIST ? err_set("duplicate encounter: its folder %s exists", path)
                                 : err_io("%s: %s", path, strerror(errno));
    free(path);
    return result;
}

static int write_notes(export *x, const export_encounter *e)
{
    buf *name = &x->line;
    const bool single =
        e->n_notes == 1 && e->notes[0].id.n == e->id.n && memcmp(e->notes[0].id.s, e->id.s, e->id.n) == 0;
    name->len = 0;
    if (file_name_add(name, e->id.s, e->id.n))
        return -1;
    if (single)
        return write_note(x, e, &e->notes[0], name);
    if (buf_add(name, "", 1) || make_folder(x, (const char *)name->data))
        return -1;
    name->data[name->len - 1] = '/';
    for (size_t i = 0, n = name->len; i < e->n_notes; i++, name->len = n)
        if (file_name_add(name, e->notes[i].id.s, e->notes[i].id.n) || write_note(x, e, &e->notes[i], name))
            return -1;
    return 0;
}

int export_brat(export *x, export_encounter *e)
{
    if (!e->has_notes)
        return err_set("its notes are unknown: name their file with --notes");
    if (export_place(x, e, OFFSET_CODE_POINTS) || (!x->begun && begin(x)) || write_notes(x, e))
        return -1;
    size_t lost = 0;
    for (size_t i = 0; i < e->n_codes && !first_with_words(e); i++)
        lost += e->codes[i].n == 0;
    left_out_add(x->left_out, "code", "no note of its encounter has a word to mark", lost);
    x->codes += e->n_codes - lost;
    return 0;
}

int export_brat_end(export *x)
{
    if (export_check(x))
        return -1;
    if (rename(x->folder, x->o->folder))
        return err_io("%s: %s", x->o->folder, strerror(errno));
    free(x->folder);
    x->folder = NULL;
    return 0;
}
