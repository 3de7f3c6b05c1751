/* SPDX-License-Identifier: Apache-2.0 */
#include "train/span_marks.h"

#include "base/err.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void span_marks_free(span_marks *m)
{
    mem_free(m->of);
    word_places_free(&m->places);
    *m = (span_marks){0};
}

static bool has_gold(const example *d, int32_t label)
{
    for (size_t i = 0; i < d->n_gold; i++)
        if (d->gold[i] == label)
            return true;
    return false;
}

static int add_span(span_marks *m, const example *d, const labels *l, const term_spans *spans,
                    const term_span *s)
{
    size_t n, first, end;
    const char *code = map_key(spans->codes, s->code, &n);
    const int32_t label = labels_index(l, code, n);
    if (label < 0 || !has_gold(d, label)) {
        m->no_code++;
        return 0;
    }
    const char *note = map_key(spans->notes, s->note, &n);
    word_places_find(&m->places, note, n, s->begin, s->end, &first, &end);
    end = end < d->T ? end : d->T; /* words beyond max_words are not read */
    if (first >= end) {
        m->no_word++;
        return 0;
    }
    if (mem_grow(&m->of, &m->room, m->n + 1, sizeof *m->of))
        return -1;
    m->of[m->n++] = (attend_mark){label, (int32_t)first, (int32_t)end};
    return 0;
}

static int by_label(const void *a, const void *b)
{
    const attend_mark *x = a, *y = b;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static void sort(attend_mark *of, size_t n)
{
    if (n > 1)
        qsort(of, n, sizeof *of, by_label);
}

/* Joins the marks of a label that overlap. Returns how many remain. */
static size_t join(attend_mark *of, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || of[kept - 1].label != of[i].label || of[kept - 1].end <= of[i].first)
            of[kept++] = of[i];
        else if (of[kept - 1].end < of[i].end)
            of[kept - 1].end = of[i].end;
    return kept;
}

int span_marks_add(span_marks *m, const example *d, const record *r, const labels *l, const term_spans *spans)
{
    const size_t before = m->n;
    size_t n;
    const term_span *s = term_spans_of(spans, r->id, &n);
    if (n == 0)
        return 0;
    if (word_places_read(&m->places, r))
        return -1;
    if (m->places.n < d->T) {
        err_set("fewer spans than tokens");
        return record_error(r, "spans");
    }
    for (size_t i = 0; i < n; i++)
        if (add_span(m, d, l, spans, &s[i]))
            return record_error(r, NULL);
    m->found += n;
    sort(m->of + before, m->n - before);
    m->n = before + join(m->of + before, m->n - before);
    return 0;
}

void span_marks_renumber(attend_mark *of, size_t n, const int32_t *to)
{
    for (size_t i = 0; i < n; i++)
        of[i].label = to[of[i].label];
    sort(of, n);
}
