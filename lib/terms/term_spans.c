/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_spans.h"

#include "base/err.h"
#include "base/mem.h"
#include "text/gold_spans.h"
#include "text/lines.h"

#include <stdlib.h>
#include <string.h>

/* The number in `to` of string i of `from`; -1 when memory is out. */
static int32_t renumber(map *to, const map *from, int32_t i)
{
    size_t n;
    const char *s = map_key(from, i, &n);
    return map_add(to, s, n);
}

static int add_line(term_spans *s, gold_spans *line)
{
    const int32_t encounter = map_add(s->encounters, line->id, strlen(line->id));
    if (encounter < 0 || mem_grow(&s->spans, &s->room, s->n + line->n, sizeof *s->spans))
        return -1;
    for (size_t i = 0; i < line->n; i++) {
        const gold_spans_span *x = &line->spans[i];
        const term_span span = {.encounter = encounter,
                                .code = renumber(s->codes, line->codes, x->code),
                                .note = renumber(s->notes, line->notes, x->note),
                                .begin = x->begin,
                                .end = x->end};
        if (span.code < 0 || span.note < 0)
            return -1;
        s->spans[s->n++] = span;
    }
    return 0;
}

static int parse_line(term_spans *s, gold_spans *line, const lines *in)
{
    json_t *object = ecan_json_parse_line(in->text, in->n);
    const int result = object && !gold_spans_read(line, object, NULL) && !add_line(s, line) ? 0 : -1;
    json_decref(object);
    return result ? lines_error(in) : 0;
}

static int read_file(term_spans *s, const char *path)
{
    lines in;
    gold_spans line = {0};
    int got;
    if (lines_open(&in, path, 0))
        return -1;
    while ((got = lines_next_named(&in)) > 0)
        if (in.n > 0 && (got = parse_line(s, &line, &in)))
            break;
    gold_spans_free(&line);
    lines_close(&in);
    return got;
}

static int by_encounter(const void *a, const void *b)
{
    const term_span *x = a, *y = b;
    return x->encounter < y->encounter ? -1 : x->encounter > y->encounter;
}

static int index_encounters(term_spans *s)
{
    const int32_t encounters = map_size(s->encounters);
    if (!(s->at = mem_array((size_t)encounters + 1, sizeof *s->at)))
        return -1;
    if (s->n)
        qsort(s->spans, s->n, sizeof *s->spans, by_encounter);
    for (int32_t e = 0; e < encounters; e++) {
        s->at[e + 1] = s->at[e];
        while (s->at[e + 1] < s->n && s->spans[s->at[e + 1]].encounter == e)
            s->at[e + 1]++;
    }
    return 0;
}

int term_spans_read(term_spans *s, const char *files)
{
    *s = (term_spans){.encounters = map_new(), .codes = map_new(), .notes = map_new()};
    char *names = mem_strndup(files, strlen(files)), *rest = NULL;
    int result = s->encounters && s->codes && s->notes && names ? 0 : -1;
    for (char *file = names ? strtok_r(names, ",", &rest) : NULL; !result && file;
         file = strtok_r(NULL, ",", &rest))
        result = read_file(s, file);
    mem_free(names);
    return result ? -1 : index_encounters(s);
}

void term_spans_free(term_spans *s)
{
    map_free(s->encounters);
    map_free(s->codes);
    map_free(s->notes);
    mem_free(s->spans);
    mem_free(s->at);
    *s = (term_spans){0};
}

const term_span *term_spans_of(const term_spans *s, const char *id, size_t *n)
{
    const int32_t e = map_find(s->encounters, id, strlen(id));
    *n = e < 0 ? 0 : s->at[e + 1] - s->at[e];
    return e < 0 ? NULL : s->spans + s->at[e];
}
