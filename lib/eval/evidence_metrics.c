/* SPDX-License-Identifier: Apache-2.0 */
/* Counts. The lines are read in gold_spans.c; tables and JSON are written in evidence_metrics_report.c. */
#include "eval/evidence_metrics.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/ratio.h"
#include "eval/gold_spans.h"
#include "eval/passage.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Units begin .. end-1 of a note. */
typedef struct range {
    int32_t note, begin, end;
} range;

/* Ranges as they were marked, and as a set: ascending and not overlapping. */
typedef struct ranges {
    range *of, *set;
    size_t n, n_set, of_cap, set_cap;
} ranges;

/* The words of an encounter, note by note. */
typedef struct note_words {
    map *notes;     /* ids */
    int32_t *first; /* [notes + 1]: words first[i] .. first[i+1]-1 are of note i */
    range *words;   /* position of each, in code points */
    size_t first_cap, words_cap;
    evidence_note *read;
    size_t read_cap;
    buf scratch;
} note_words;

struct evidence_metrics {
    evidence_metrics_unit unit;
    map *ids;         /* of encounters with gold spans */
    gold_spans *gold; /* [ids] */
    size_t gold_cap;
    gold_spans line; /* of the evidence */
    note_words words;
    ranges shown, gold_spans;

    map *codes;
    evidence_metrics_counts *counts[EVIDENCE_METRICS_SCOPES]; /* [codes] */
    size_t counts_cap[EVIDENCE_METRICS_SCOPES];
    evidence_metrics_results n_compared[EVIDENCE_METRICS_SCOPES]; /* summed over predictions */
    evidence_metrics_totals totals;
};

evidence_metrics *evidence_metrics_new(evidence_metrics_unit unit)
{
    evidence_metrics *a = mem_array(1, sizeof *a);
    if (!a)
        return NULL;
    a->unit = a->totals.unit = unit;
    a->ids = map_new();
    a->codes = map_new();
    if (a->ids && a->codes)
        return a;
    evidence_metrics_free(a);
    return NULL;
}

static void free_words(note_words *w)
{
    map_free(w->notes);
    mem_free(w->first);
    mem_free(w->words);
    mem_free(w->read);
    buf_free(&w->scratch);
}

void evidence_metrics_free(evidence_metrics *a)
{
    if (!a)
        return;
    for (int32_t i = 0; a->ids && i < map_size(a->ids); i++)
        gold_spans_free(&a->gold[i]);
    mem_free(a->gold);
    map_free(a->ids);
    map_free(a->codes);
    gold_spans_free(&a->line);
    free_words(&a->words);
    mem_free(a->shown.of);
    mem_free(a->shown.set);
    mem_free(a->gold_spans.of);
    mem_free(a->gold_spans.set);
    for (int s = 0; s < EVIDENCE_METRICS_SCOPES; s++)
        mem_free(a->counts[s]);
    mem_free(a);
}

/* ---- gold ---- */

int evidence_metrics_gold(evidence_metrics *a, const json_t *line, const char *code_system)
{
    gold_spans m = {0};
    const size_t n = (size_t)map_size(a->ids);
    if (gold_spans_read(&m, line, code_system) || mem_grow(&a->gold, &a->gold_cap, n + 1, sizeof *a->gold)) {
        gold_spans_free(&m);
        return -1;
    }
    const int32_t at = map_add(a->ids, m.id, strlen(m.id));
    if (at == (int32_t)n) {
        a->gold[at] = m;
        return 0;
    }
    if (at >= 0)
        err_set("%s: duplicate encounter", m.id);
    gold_spans_free(&m);
    return -1;
}

/* ---- words ---- */

/* Numbers the notes in the order of the record. */
static int name_notes(note_words *w, const record *r, size_t *n)
{
    map_free(w->notes);
    if (!(w->notes = map_new()) || notes_read(r, &w->read, &w->read_cap, n))
        return -1;
    for (size_t i = 0; i < *n; i++) {
        const walk_value *id = &w->read[i].id;
        char digits[24];
        snprintf(digits, sizeof digits, "%" PRId64, id->type == WALK_NIL ? (int64_t)i : id->i);
        const bool string = id->type == WALK_STR;
        const char *s = string ? (const char *)id->data : digits;
        const int32_t at = map_add(w->notes, s, string ? id->size : strlen(digits));
        if (at >= 0 && at != (int32_t)i)
            err_set("duplicate note id");
        if (at != (int32_t)i)
            return record_error(r, "documents");
    }
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const range *p = a, *q = b;
    const int32_t x[3] = {p->note, p->begin, p->end}, y[3] = {q->note, q->begin, q->end};
    for (int i = 0; i < 3; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

/* Reads the words of the record's notes in the order of their texts, without markers. */
static int read_words(note_words *w, const record *r)
{
    tensor t;
    size_t notes, n = 0;
    if (name_notes(w, r, &notes) || record_tensor(r, "spans", 'i', 2, &t))
        return -1;
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
            w->words[n++] = (range){s[0], s[1], s[2]};
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
static int32_t word_behind(const note_words *w, int32_t a, int32_t b, int32_t at)
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

/* ---- ranges of units ---- */

/* The units of a span of m. False if it has none. */
static bool to_units(const evidence_metrics *a, const gold_spans *m, const map *notes,
                     const gold_spans_span *s, range *out)
{
    size_t n;
    const char *id = map_key(m->notes, s->note, &n);
    out->note = map_find(notes, id, n);
    out->begin = s->begin;
    out->end = s->end;
    if (out->note < 0 || s->begin == s->end || a->unit == EVIDENCE_METRICS_CHARACTERS)
        return out->note >= 0 && s->begin < s->end;
    const note_words *w = &a->words;
    const int32_t first = w->first[out->note], end = w->first[out->note + 1];
    out->begin = word_behind(w, first, end, s->begin);
    for (out->end = out->begin; out->end < end && w->words[out->end].begin < s->end;)
        out->end++;
    return out->begin < out->end;
}

/* The ranges of a code of m (-1: it has none) and their set. *lost counts spans without units. */
static int read_ranges(ranges *out, const evidence_metrics *a, const gold_spans *m, const map *notes,
                       int32_t code, uint64_t *lost)
{
    size_t n = 0;
    const gold_spans_span *s = code < 0 ? NULL : gold_spans_of(m, code, &n);
    out->n = out->n_set = 0;
    if (mem_grow(&out->of, &out->of_cap, n, sizeof *out->of) ||
        mem_grow(&out->set, &out->set_cap, n, sizeof *out->set))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (to_units(a, m, notes, &s[i], &out->of[out->n]))
            out->n++;
        else
            ++*lost;
    if (out->n)
        qsort(out->of, out->n, sizeof *out->of, compare_ranges);
    size_t left = 0; /* two spans may have the same words */
    for (size_t i = 0; i < out->n; i++) {
        const range *r = &out->of[i];
        range *last = out->n_set ? &out->set[out->n_set - 1] : NULL;
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

static uint64_t size_of(const ranges *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->n_set; i++)
        n += (uint64_t)(r->set[i].end - r->set[i].begin);
    return n;
}

/* Number of units of one range that are in the set. */
static uint64_t shared(const range *p, const ranges *r)
{
    uint64_t n = 0;
    for (size_t i = 0; i < r->n_set; i++) {
        const range *q = &r->set[i];
        const int32_t begin = p->begin > q->begin ? p->begin : q->begin,
                      end = p->end < q->end ? p->end : q->end;
        if (p->note == q->note && begin < end)
            n += (uint64_t)(end - begin);
    }
    return n;
}

static bool has(const ranges *r, const range *p)
{
    return r->n && bsearch(p, r->of, r->n, sizeof *r->of, compare_ranges);
}

static evidence_metrics_counts compare(const ranges *shown, const ranges *gold)
{
    evidence_metrics_counts c = {.n_compared = 1,
                                 .shown = size_of(shown),
                                 .gold_spans = size_of(gold),
                                 .passages = shown->n,
                                 .spans = gold->n};
    for (size_t i = 0; i < shown->n_set; i++)
        c.both += shared(&shown->set[i], gold);
    for (size_t i = 0; i < shown->n; i++) {
        c.passages_touched += shared(&shown->of[i], gold) > 0;
        c.exact += has(gold, &shown->of[i]);
    }
    for (size_t i = 0; i < gold->n; i++)
        c.spans_touched += shared(&gold->of[i], shown) > 0;
    return c;
}

/* ---- metrics ---- */

evidence_metrics_results evidence_metrics_results_of(const evidence_metrics_counts *c)
{
    return (evidence_metrics_results){
        .precision = ratio((double)c->both, (double)c->shown),
        .recall = ratio((double)c->both, (double)c->gold_spans),
        .f1 = ratio((double)(2 * c->both), (double)(c->shown + c->gold_spans)),
        .iou = ratio((double)c->both, (double)(c->shown + c->gold_spans - c->both)),
        .span_precision = ratio((double)c->passages_touched, (double)c->passages),
        .span_recall = ratio((double)c->spans_touched, (double)c->spans),
        .exact_precision = ratio((double)c->exact, (double)c->passages),
        .exact_recall = ratio((double)c->exact, (double)c->spans),
    };
}

enum { RESULTS = sizeof(evidence_metrics_results) / sizeof(double) };

/* sum += f, where undefined values count as 0. */
static void add_results(evidence_metrics_results *sum, const evidence_metrics_results *f)
{
    double a[RESULTS], b[RESULTS];
    memcpy(a, sum, sizeof a);
    memcpy(b, f, sizeof b);
    for (int i = 0; i < RESULTS; i++)
        a[i] += isnan(b[i]) ? 0 : b[i];
    memcpy(sum, a, sizeof a);
}

static evidence_metrics_results divided(const evidence_metrics_results *sum, uint64_t n)
{
    double a[RESULTS];
    evidence_metrics_results out;
    memcpy(a, sum, sizeof a);
    for (int i = 0; i < RESULTS; i++)
        a[i] = ratio(a[i], (double)n);
    memcpy(&out, a, sizeof a);
    return out;
}

static void add_counts(evidence_metrics_counts *sum, const evidence_metrics_counts *c)
{
    sum->n_compared += c->n_compared;
    sum->shown += c->shown;
    sum->gold_spans += c->gold_spans;
    sum->both += c->both;
    sum->passages += c->passages;
    sum->passages_touched += c->passages_touched;
    sum->exact += c->exact;
    sum->spans += c->spans;
    sum->spans_touched += c->spans_touched;
}

void evidence_metrics_totals_of(const evidence_metrics *a, evidence_metrics_totals *out)
{
    *out = a->totals;
}

void evidence_metrics_sum(const evidence_metrics *a, evidence_metrics_scope scope,
                          evidence_metrics_counts *out)
{
    *out = (evidence_metrics_counts){0};
    for (int32_t i = 0; i < map_size(a->codes); i++)
        add_counts(out, &a->counts[scope][i]);
}

void evidence_metrics_of(const evidence_metrics *a, evidence_metrics_scope scope, evidence_metrics_mean mean,
                         evidence_metrics_results *out)
{
    evidence_metrics_counts sum;
    evidence_metrics_results codes = {0};
    uint64_t n = 0;
    evidence_metrics_sum(a, scope, &sum);
    for (int32_t i = 0; i < map_size(a->codes); i++)
        if (a->counts[scope][i].n_compared) {
            const evidence_metrics_results f = evidence_metrics_results_of(&a->counts[scope][i]);
            add_results(&codes, &f);
            n++;
        }
    *out = mean == EVIDENCE_METRICS_MICRO   ? evidence_metrics_results_of(&sum)
           : mean == EVIDENCE_METRICS_MACRO ? divided(&codes, n)
                                            : divided(&a->n_compared[scope], sum.n_compared);
}

int32_t evidence_metrics_codes(const evidence_metrics *a)
{
    return map_size(a->codes);
}

const char *evidence_metrics_code(const evidence_metrics *a, int32_t i, evidence_metrics_scope scope,
                                  evidence_metrics_counts *out)
{
    *out = a->counts[scope][i];
    return map_key(a->codes, i, NULL);
}

/* ---- one encounter ---- */

/* Counts one encounter and code in each scope that includes it. */
static int count(evidence_metrics *a, const char *code, size_t n, const bool in[EVIDENCE_METRICS_SCOPES])
{
    const int32_t at = map_add(a->codes, code, n);
    if (at < 0)
        return -1;
    const evidence_metrics_counts c = compare(&a->shown, &a->gold_spans);
    const evidence_metrics_results f = evidence_metrics_results_of(&c);
    for (int s = 0; s < EVIDENCE_METRICS_SCOPES; s++) {
        const size_t had = a->counts_cap[s];
        if (mem_grow(&a->counts[s], &a->counts_cap[s], (size_t)at + 1, sizeof *a->counts[s]))
            return -1;
        memset(a->counts[s] + had, 0, (a->counts_cap[s] - had) * sizeof *a->counts[s]);
        if (!in[s])
            continue;
        add_counts(&a->counts[s][at], &c);
        add_results(&a->n_compared[s], &f);
    }
    return 0;
}

/* Adds a code of the evidence, of the gold spans, or of both (-1 if a side lacks it). */
static int add_pair(evidence_metrics *a, const gold_spans *gold, const map *notes, int32_t shown,
                    int32_t gold_spans_code)
{
    uint64_t nowhere = 0;
    if (read_ranges(&a->gold_spans, a, gold, notes, gold_spans_code, &a->totals.spans_unseen) ||
        read_ranges(&a->shown, a, &a->line, notes, shown, &nowhere))
        return -1;
    const bool has_gold = a->gold_spans.n > 0, predicted = shown >= 0 && a->line.predicted[shown];
    const bool in[EVIDENCE_METRICS_SCOPES] = {[EVIDENCE_METRICS_GOLD] = has_gold,
                                              [EVIDENCE_METRICS_EXPLAINED] = has_gold && shown >= 0,
                                              [EVIDENCE_METRICS_PREDICTED] = has_gold && predicted,
                                              [EVIDENCE_METRICS_ALL] = has_gold || predicted};
    size_t n;
    const char *code =
        shown >= 0 ? map_key(a->line.codes, shown, &n) : map_key(gold->codes, gold_spans_code, &n);
    return in[EVIDENCE_METRICS_ALL] ? count(a, code, n, in) : 0;
}

static int add_compared(evidence_metrics *a, const gold_spans *gold, const map *notes)
{
    size_t n;
    for (int32_t i = 0; i < map_size(gold->codes); i++) {
        const char *code = map_key(gold->codes, i, &n);
        if (add_pair(a, gold, notes, map_find(a->line.codes, code, n), i))
            return -1;
    }
    for (int32_t i = 0; i < map_size(a->line.codes); i++) {
        const char *code = map_key(a->line.codes, i, &n);
        if (map_find(gold->codes, code, n) < 0 && add_pair(a, gold, notes, i, -1))
            return -1;
    }
    return 0;
}

/* Without words: joins the notes of both sides. */
static int join_notes(note_words *w, const gold_spans *one, const gold_spans *two)
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

/* Checks that no evidence is in a note that the words lack. */
static int check_notes(const evidence_metrics *a)
{
    for (int32_t i = 0; i < map_size(a->line.notes); i++) {
        size_t n;
        const char *id = map_key(a->line.notes, i, &n);
        if (map_find(a->words.notes, id, n) < 0)
            return err_set("%s: evidence in a note that the words do not have: %.*s", a->line.id, (int)n, id);
    }
    return 0;
}

int evidence_metrics_add(evidence_metrics *a, const json_t *line, evidence_metrics_words *words,
                         void *context)
{
    if (gold_spans_read(&a->line, line, NULL))
        return -1;
    const int32_t at = map_find(a->ids, a->line.id, strlen(a->line.id));
    if (at < 0) {
        a->totals.without_gold++;
        return 0;
    }
    const gold_spans *gold = &a->gold[at];
    if (a->unit == EVIDENCE_METRICS_WORDS) {
        const record *r = words(context, a->line.id);
        if (!r || read_words(&a->words, r) || check_notes(a))
            return -1;
    } else if (join_notes(&a->words, gold, &a->line)) {
        return -1;
    }
    a->totals.encounters++;
    return add_compared(a, gold, a->words.notes);
}
