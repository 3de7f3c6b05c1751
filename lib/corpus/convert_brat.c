/* SPDX-License-Identifier: Apache-2.0 */
/* brat: a text NAME.txt with its annotations NAME.ann (brat.h). */
#include "base/err.h"
#include "base/mem.h"
#include "corpus/brat.h"
#include "corpus/convert_files.h"
#include "corpus/convert_spans.h"
#include "corpus/export.h"
#include "corpus/file_names.h"
#include "io/decode.h"
#include "io/file.h"
#include "text/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct annotations {
    convert *v;
    brat brat;
    convert_slice note, text; /* the id and text of the note */
    int32_t e;                /* its encounter; -1: the codes are checked, and not yet added */
    brat_mark *mark;          /* that the code is about; NULL: none */
    buf names;
} annotations;

/* ---- spans ---- */

/* Whether the note has only line ends from one part to the next. brat divides marks at line ends. */
static bool continues(const annotations *a, const brat_part *p)
{
    const brat *b = &a->brat;
    const ssize_t from = offset_bytes(a->text.s, a->text.n, p[0].end - b->shift, b->unit),
                  to = offset_bytes(a->text.s, a->text.n, p[1].begin - b->shift, b->unit);
    if (from < 0 || to < from)
        return false;
    return (ssize_t)strspn(a->text.s + from, "\r\n") >= to - from;
}

/* ecan-export writes a code that has no place with such a mark. */
static bool has_place(const brat_mark *m)
{
    static const char end[] = EXPORT_NO_PLACE("");
    const size_t n = sizeof end - 1;
    return m->type < n || memcmp(m->line->annotation + m->type - n, end, n) != 0;
}

/* Each part of a mark is a span. */
static int add_spans(annotations *a, convert_slice code)
{
    const brat *b = &a->brat;
    const brat_part *p = b->parts + a->mark->first, *end = p + a->mark->n;
    if (!a->v->spans || !has_place(a->mark))
        return 0;
    if (!brat_is_at_its_place(b, a->mark, a->text.s, a->text.n)) {
        convert_left_out(a->v, "span", "its offsets do not give its text", 1);
        return 0;
    }
    for (; p < end; p++) {
        const size_t begin = p->begin;
        while (p + 1 < end && continues(a, p))
            p++;
        if (begin < b->shift)
            convert_left_out(a->v, "span", "it is not a part of its note", 1);
        else if (convert_add_span(a->v, a->e, code, a->note, begin - b->shift, p->end - b->shift, b->unit))
            return -1;
    }
    return 0;
}

/* ---- codes ---- */

static int add_code(void *context, const char *code, size_t n)
{
    annotations *a = context;
    if (a->e < 0)
        return labels_check_code(code, n);
    if (collection_label(a->v->c, a->e, code, n))
        return -1;
    if (a->mark)
        a->mark->coded = true;
    else
        convert_left_out(a->v, "span", "the mark of its code is not in the file", a->v->spans != NULL);
    return a->mark ? add_spans(a, (convert_slice){code, n}) : 0;
}

/* Counts something that is left out, when codes are added. */
static int leave_out(const annotations *a, const char *noun, const char *why)
{
    convert_left_out(a->v, noun, why, a->e >= 0);
    return 0;
}

/* Adds the code of "Reference T1 ICD-10:R50.9" if it is of the system of the options. */
static int add_normalization(annotations *a, const char *s)
{
    const char *target = strchr(s, ' '), *name = target ? strchr(target + 1, ' ') : NULL;
    const char *colon = name ? strchr(name, ':') : NULL;
    if (!colon)
        return err_set("expected 'Reference T1 SYSTEM:CODE'");
    char *system = mem_strndup(name + 1, colon - name - 1);
    if (!system)
        return -1;
    const bool wanted = !a->v->o.system || strcasestr(system, a->v->o.system);
    mem_free(system);
    const convert_slice code = convert_trim((convert_slice){colon + 1, strlen(colon + 1)});
    a->mark = brat_find(&a->brat, target + 1, name - target - 1);
    if (!wanted)
        return leave_out(a, "code", "it is of another code system than --system");
    return code.n ? add_code(a, code.s, code.n) : 0;
}

static int add_remark(annotations *a, const brat_line *line)
{
    static const char kind[] = "AnnotatorNotes ";
    if (strncmp(line->annotation, kind, sizeof kind - 1) != 0)
        return leave_out(a, "remark", "it is not of an annotator");
    const char *target = line->annotation + sizeof kind - 1;
    a->mark = brat_find(&a->brat, target, strlen(target));
    return convert_each_code(a->v, (convert_slice){line->text, strlen(line->text)}, add_code, a);
}

/* Adds the code of a line, if it has one. */
static int add_line(annotations *a, const brat_line *line)
{
    const convert_brat_codes where = a->v->o.brat;
    switch (*line->id) {
    case 'T':
        if (where != BRAT_TYPES)
            return 0;
        a->mark = brat_find(&a->brat, line->id, strlen(line->id));
        return add_code(a, line->annotation, a->mark->type);
    case 'E':
        return 0; /* its mark has a line */
    case 'N':
        return where == BRAT_NORMALIZATIONS
                   ? add_normalization(a, line->annotation)
                   : leave_out(a, "normalization", "codes are elsewhere (--brat-codes)");
    case '#':
        return where == BRAT_NOTES ? add_remark(a, line)
                                   : leave_out(a, "remark", "codes are elsewhere (--brat-codes)");
    default:
        return leave_out(a, "annotation", "relations, attributes and equivalences have no code");
    }
}

static int add_lines(annotations *a)
{
    for (size_t i = 0; i < a->brat.n_lines; i++)
        if (add_line(a, &a->brat.lines[i]))
            return err_prefix("line %d: ", a->brat.lines[i].number);
    for (size_t i = 0; i < a->brat.n_marks; i++)
        if (!a->brat.marks[i].coded)
            leave_out(a, "mark", "it has no code");
    return 0;
}

/* ---- files ---- */

/* The path of the annotations; NULL when memory is out. */
static char *annotation_path(const char *path)
{
    char *ann;
    if (asprintf(&ann, "%.*s.ann", (int)convert_stem(path), path) >= 0)
        return ann;
    err_set("out of memory");
    return NULL;
}

/* A text is an encounter with its name. */
static int add_encounter(annotations *a, const convert_file *f)
{
    const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;
    a->note = (convert_slice){name, convert_stem(name)};
    if (collection_find(a->v->c, a->note.s, a->note.n) >= 0)
        return err_set("duplicate encounter: another file has this name, which is the id of the encounter "
                       "(see --folders)");
    return convert_add_note(a->v, a->note, &(convert_note){.id = a->note, .text = a->text}, &a->e) < 0 ? -1
                                                                                                       : 0;
}

/* A text is a note of the encounter of its folder. */
static int add_note(annotations *a, const convert_file *f)
{
    buf *names = &a->names;
    if (file_name_decode(names, f->encounter.s, f->encounter.n))
        return -1;
    const size_t n = names->len;
    if (file_name_decode(names, f->note.s, f->note.n))
        return -1;
    a->note = (convert_slice){(const char *)names->data + n, names->len - n};
    const int added = convert_add_note(a->v, (convert_slice){(const char *)names->data, n},
                                       &(convert_note){.id = a->note, .text = a->text}, &a->e);
    return added ? (added < 0 ? -1 : 0) : err_set("the encounter has another note with this id");
}

/* Everything is checked before the note is added, so that --skip-bad leaves out the whole file. */
static int add_file(annotations *a, const convert_file *f, const char *path, char *ann)
{
    a->e = -1;
    if (brat_read(&a->brat, ann, a->text.s, a->text.n) || add_lines(a))
        return err_prefix("%s: ", path);
    if (a->v->o.folders ? add_note(a, f) : add_encounter(a, f))
        return err_prefix("%s: ", f->path);
    return add_lines(a) ? err_prefix("%s: ", path) : 0;
}

static int read_both(convert *v, const convert_file *f, const char *path)
{
    buf text = {0}, ann = {0};
    annotations a = {.v = v};
    int result = decode_file(&text, f->path, v->o.encoding) || decode_file(&ann, path, v->o.encoding) ||
                         buf_add(&text, "", 1) || buf_add(&ann, "", 1)
                     ? -1
                     : 0;
    if (!result) {
        a.text = (convert_slice){(const char *)text.data, text.len - 1};
        result = add_file(&a, f, path, (char *)ann.data);
    }
    brat_close(&a.brat);
    buf_free(&a.names);
    buf_free(&text);
    buf_free(&ann);
    return result;
}

static int read_file(convert *v, const convert_file *f)
{
    char *ann = annotation_path(f->path);
    if (!ann)
        return -1;
    int result = file_exists(ann);
    if (result > 0)
        result = read_both(v, f, ann);
    else if (result == 0)
        convert_left_out(v, "text", "it has no .ann file", 1);
    free(ann);
    return result;
}

int convert_brat(convert *v, const char *path)
{
    static const char *const beside[] = {".ann", ".conf", NULL};
    v->labelled = COLLECTION_LABELLED;
    return convert_each_file(v, path, beside, "its name ends neither in .txt nor in .ann", read_file);
}
