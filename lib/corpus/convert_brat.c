/* SPDX-License-Identifier: Apache-2.0 */
/* brat: a text NAME.txt with its annotations NAME.ann, one in each line:
 *
 *     T1<tab>Disease 0 6<tab>koorts              a span and its type
 *     N1<tab>Reference T1 ICD-10:R50.9<tab>Fever  the code of a span in a code system
 *     #1<tab>AnnotatorNotes T1<tab>R50.9          a remark, which can be a code */
#include "base/err.h"
#include "base/mem.h"
#include "corpus/convert_files.h"
#include "io/decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct annotations {
    convert *v;
    int32_t e;
} annotations;

static int add_code(void *context, const char *code, size_t n)
{
    const annotations *a = context;
    return collection_label(a->v->c, a->e, code, n);
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
    if (!wanted)
        convert_left_out(a->v, "code", "it is of another code system than --system", 1);
    return !wanted || code.n == 0 ? 0 : add_code(a, code.s, code.n);
}

/* Adds the code of an annotation, if it has one. id, annotation and text are the fields of its line. */
static int add_annotation(annotations *a, const char *id, const char *annotation, const char *text)
{
    const convert_brat_codes where = a->v->o.brat;
    if (*id == 'T' && where == BRAT_TYPES)
        return add_code(a, annotation, strcspn(annotation, " "));
    if (*id == 'N' && where == BRAT_NORMALIZATIONS)
        return add_normalization(a, annotation);
    if (*id == '#' && where == BRAT_NOTES && strncmp(annotation, "AnnotatorNotes ", 15) == 0)
        return convert_each_code(a->v, (convert_slice){text, strlen(text)}, add_code, a);
    return 0;
}

static int parse_line(annotations *a, char *line)
{
    char *annotation = strchr(line, '\t'), *text = annotation ? strchr(annotation + 1, '\t') : NULL;
    if (!*line)
        return 0;
    if (!annotation)
        return err_set("expected an id, a tab and an annotation");
    *annotation++ = '\0';
    if (text)
        *text++ = '\0';
    return add_annotation(a, line, annotation, text ? text : "");
}

/* text is overwritten. */
static int parse_lines(annotations *a, char *text, const char *path)
{
    int number = 0;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        number++;
        if (parse_line(a, line))
            return err_prefix("%s: line %d: ", path, number);
    }
    return 0;
}

/* The path of the annotations; NULL when memory is out. */
static char *annotation_path(const char *path)
{
    char *ann;
    if (asprintf(&ann, "%.*s.ann", (int)convert_stem(path), path) >= 0)
        return ann;
    err_set("out of memory");
    return NULL;
}

static int read_both(convert *v, const convert_file *f, const char *ann)
{
    buf text = {0}, marks = {0};
    annotations a = {.v = v};
    const char *slash = strrchr(f->path, '/'), *name = slash ? slash + 1 : f->path;
    const convert_slice id = {name, convert_stem(name)};
    int result = decode_file(&text, f->path, v->o.encoding) || decode_file(&marks, ann, v->o.encoding) ||
                         buf_add(&marks, "", 1)
                     ? -1
                     : 0;
    if (!result && collection_find(v->c, id.s, id.n) >= 0) {
        err_set("duplicate encounter: another file has this name, which is the id of the encounter");
        result = err_prefix("%s: ", f->path);
    }
    if (!result && convert_add_note(v, id, id, (convert_slice){0}, (convert_slice){0},
                                    (convert_slice){(char *)text.data, text.len}, &a.e) < 0)
        result = err_prefix("%s: ", f->path);
    if (!result)
        result = parse_lines(&a, (char *)marks.data, ann);
    buf_free(&text);
    buf_free(&marks);
    return result;
}

static int read_file(convert *v, const convert_file *f)
{
    char *ann = annotation_path(f->path);
    if (!ann)
        return -1;
    int result = 0;
    if (access(ann, F_OK) == 0)
        result = read_both(v, f, ann);
    else
        convert_left_out(v, "text", "it has no .ann file", 1);
    free(ann);
    return result;
}

int convert_brat(convert *v, const char *path)
{
    v->labelled = true;
    return convert_each_file(v, path, ".ann", "its name ends neither in .txt nor in .ann", read_file);
}
