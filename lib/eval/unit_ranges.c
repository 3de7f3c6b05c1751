/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/unit_ranges.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "text/note_ids.h"

#include <stdlib.h>
#include <string.h>

void note_words_free(note_words *w)
{
    map_free(w->notes);
    mem_free(w->first);
    mem_free(w->words);
    buf_free(&w->scratch);
}

void unit_ranges_free(unit_ranges *r)
{
    mem_free(r->of);
    mem_free(r->set);
    *r = (unit_ranges){0};
}

/* ---- words ---- */

static int compare_ranges(const void *a, const void *b)
{
    const unit_range *p = a, *q = b;
    const int32_t x[3] = {p->note, p->begin, p->end}, y[3] = {q->note, q->begin, q->end};
    for (int i = 0; i < 3; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* Reads the words of the record's notes in the order of their texts, without markers. */
int note_words_read(note_words *w, const record *r)
{
    tensor t;
    map_free(w->notes);
    if (!(w->notes = map_new()) || note_ids_read(w->notes, r) || record_tensor(r, "spans", 'i', 2, &t))
        return -1;
    const size_t notes = (size_t)map_size(w->notes);
    size_t n = 0;
    w->scratch.len = 0;
    const int32_t *spans = tensor_ints(&t, &w->scratch);
    if (!spans || mem_grow(&w->words, &w->words_cap, t.shape[0], sizeof *w->words) ||
        mem_grow(&w->first, &w->first_cap, notes + 1, sizeof *w->first))
        return -1;
    for (size_t i = 0; i < t.shape[0]; i++) {
        const int32_t *s = spans + 3 * i;
        if (t.shape[1] != 3 || s[0] < 0 || (size_t)s[0] >= notes || s[1] < 0 || s[2] < s[1]) {
            err_set("word %zu has no position in a note", i);
            return record_error(r, "spans");
        }
        if (s[1] < s[2])
            w->words[n++] = (unit_range){s[0], s[1], s[2]};
    }
    if (n)
        qsort(w->words, n, sizeof *w->words, compare_ranges);
    for (size_t i = 0, at = 0; i <= notes; i++) {
        while (at < n && w->words[at].note < (int32_t)i)
            at++;
        w->first[i] = (int32_t)at;
    }
    return 0;
}

/* The first of words a .. b-1 that ends after a position; b if none does. Words of a text do not overlap. */
static int32_t word_after(const note_words *w, int32_t a, int32_t b, int32_t at)
{
    while (a < b) {
        const int32_t middle = a + (b - a) / 2;
        if (w->words[middle].end > at)
            b = middle;
        else
            a = middle + 1;
    }
    return a;
}

/* Without words: joins the notes of both sides. */
int note_words_join(note_words *w, const gold_spans *one, const gold_spans *two)
{
    map_free(w->notes);
    if (!(w->notes = map_new()))
        return -1;
    for (int k = 0; k < 2; k++) {
        const map *from = k ? two->notes : one->notes;
        for (int32_t i = 0; i < map_size(from); i++) {
            size_t n;
            const char *id = map_key(from, i, &n);
            if (map_add(w->notes, id, n) < 0)
                return -1;
        }
    }
    return 0;
}

/* ---- ranges of units ---- */

/* The units of a span of m. False if it has none. */
static bool to_units(const note_words *w, const gold_spans *m, bool words, const gold_spans_span *s,
                     unit_range *out)
{
    size_t n;
    const char *id = map_key(m->notes, s->note, &n);
    out->note = map_find(w->notes, id, n);
    out->begin = s->begin;
    out->end = s->end;
    if (out->note < 0 || s->begin == s->end || !words)
        return out->note >= 0 && s->begin < s->end;
    const int32_t first = w->first[out->note], end = w->first[out->note + 1];
    out->begin = word_after(w, first, end, s->begin);
    for (out->end = out->begin; out->end < end && w->words[out->end].begin < s->end;)
        out->end++;
    return out->begin < out->end;
}

/* The ranges of a code of m (-1: it has none) and their set. *lost counts spans without units. */
int unit_ranges_read(unit_ranges *out, const note_words *w, const gold_spans *m, int32_t code, bool words,
                     uint64_t *lost)
{
    size_t n = 0;
    const gold_spans_span *s = code < 0 ? NULL : gold_spans_of(m, code, &n);
    out->n = out->n_set = 0;
    if (mem_grow(&out->of, &out->of_cap, n, sizeof *out->of) ||
        mem_grow(&out->set, &out->set_cap, n, sizeof *out->set))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (to_units(w, m, words, &s[i], &out->of[out->n]))
            out->n++;
        else
            ++*lost;
    if (out->n)
        qsort(out->of, out->n, sizeof *out->of, compare_ranges);
    size_t left = 0; /* two spans may have the same words */
    for (size_t i = 0; i < out->n; i++) {
        const unit_range *r = &out->of[i];
        unit_range *last = out->n_set ? &out->set[out->n_set - 1] : NULL;
        if (left && compare_ranges(&out->of[left - 1], r) == 0)
            continue;
        if (!last || last->note != r->note || last->end < r->begin)
            out->set[out->n_set++] = *r;
        else if (last->end < r->end)
            last->end = r->end;
        out->of[left++] = *r;
    }
    out->n = left;
    return 0;
}

uint64_t unit_ranges_size(const unit_ranges *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->n_set; i++)
        n += (uint64_t)(r->set[i].end - r->set[i].begin);
    return n;
}

/* Number of units of one range that are in the set. */
uint64_t unit_ranges_shared(const unit_range *p, const unit_ranges *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->n_set; i++) {
        const unit_range *q = &r->set[i];
        const int32_t begin = p->begin > q->begin ? p->begin : q->begin,
                      end = p->end < q->end ? p->end : q->end;
        if (p->note == q->note && begin < end)
            n += (uint64_t)(end - begin);
    }
    return n;
}

bool unit_ranges_has(const unit_ranges *r, const unit_range *p)
{
    return r->n && bsearch(p, r->of, r->n, sizeof *r->of, compare_ranges);
}
