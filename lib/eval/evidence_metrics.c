/* SPDX-License-Identifier: Apache-2.0 */
/* Counts. The lines are read in gold_spans.c; tables and JSON are written in evidence_metrics_report.c. */
#include "eval/evidence_metrics.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/printable.h"
#include "base/ratio.h"
#include "eval/unit_ranges.h"
#include "text/gold_spans.h"

#include <math.h>
#include <string.h>

struct evidence_metrics {
    evidence_metrics_unit unit;
    map *ids;         /* of encounters with gold spans */
    gold_spans *gold; /* [ids] */
    size_t gold_cap;
    gold_spans line; /* of the evidence */
    note_words words;
    unit_ranges shown, gold_spans;

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
    note_words_free(&a->words);
    unit_ranges_free(&a->shown);
    unit_ranges_free(&a->gold_spans);
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
    char shown[PRINTABLE_ROOM];
    if (at >= 0)
        err_set("%s: duplicate encounter", printable_id(shown, m.id, strlen(m.id)));
    gold_spans_free(&m);
    return -1;
}

static evidence_metrics_counts compare(const unit_ranges *shown, const unit_ranges *gold)
{
    evidence_metrics_counts c = {.n_compared = 1,
                                 .shown = unit_ranges_size(shown),
                                 .gold_spans = unit_ranges_size(gold),
                                 .passages = shown->n,
                                 .spans = gold->n};
    for (size_t i = 0; i < shown->n_set; i++)
        c.both += unit_ranges_shared(&shown->set[i], gold);
    for (size_t i = 0; i < shown->n; i++) {
        c.passages_touched += unit_ranges_shared(&shown->of[i], gold) > 0;
        c.exact += unit_ranges_has(gold, &shown->of[i]);
    }
    for (size_t i = 0; i < gold->n; i++)
        c.spans_touched += unit_ranges_shared(&gold->of[i], shown) > 0;
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
static int add_pair(evidence_metrics *a, const gold_spans *gold, int32_t shown, int32_t gold_spans_code)
{
    const bool words = a->unit == EVIDENCE_METRICS_WORDS;
    uint64_t nowhere = 0;
    if (unit_ranges_read(&a->gold_spans, &a->words, gold, gold_spans_code, words, &a->totals.spans_unseen) ||
        unit_ranges_read(&a->shown, &a->words, &a->line, shown, words, &nowhere))
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

static int add_compared(evidence_metrics *a, const gold_spans *gold)
{
    size_t n;
    for (int32_t i = 0; i < map_size(gold->codes); i++) {
        const char *code = map_key(gold->codes, i, &n);
        if (add_pair(a, gold, map_find(a->line.codes, code, n), i))
            return -1;
    }
    for (int32_t i = 0; i < map_size(a->line.codes); i++) {
        const char *code = map_key(a->line.codes, i, &n);
        if (map_find(gold->codes, code, n) < 0 && add_pair(a, gold, i, -1))
            return -1;
    }
    return 0;
}

/* Checks that no evidence is in a note that the words lack. */
static int check_notes(const evidence_metrics *a)
{
    for (int32_t i = 0; i < map_size(a->line.notes); i++) {
        size_t n;
        char encounter[PRINTABLE_ROOM], note[PRINTABLE_ROOM];
        const char *id = map_key(a->line.notes, i, &n);
        if (map_find(a->words.notes, id, n) < 0)
            return err_set("%s: evidence in a note that the words do not have: %s",
                           printable_id(encounter, a->line.id, strlen(a->line.id)),
                           printable_id(note, id, n));
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
        if (!r || note_words_read(&a->words, r) || check_notes(a))
            return -1;
    } else if (note_words_join(&a->words, gold, &a->line)) {
        return -1;
    }
    a->totals.encounters++;
    return add_compared(a, gold);
}
