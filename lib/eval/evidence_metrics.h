/* SPDX-License-Identifier: Apache-2.0 */
/* How well evidence agrees with the spans that coders marked (formats/evidence-metrics.md).
 *
 *     evidence_metrics *a = evidence_metrics_new(unit);
 *     evidence_metrics_gold(a, line, code_system) for each encounter with gold spans
 *     evidence_metrics_add(a, line, words) for each encounter with evidence
 *     evidence_metrics_of(a, scope, mean, &results);
 * Each code of each encounter is compared: P is the set of units in its evidence, G the set of units in
 * its gold spans.
 *
 *     precision |P & G| / |P|    recall |P & G| / |G|    F1 2 |P & G| / (|P| + |G|)    IoU |P & G| / |P | G|
 * A span is touched when one of its units is in the other set, and exact when the other side has the same
 * span. A metric whose denominator is 0 counts as 0 in a mean. */
#ifndef ECAN_EVAL_EVIDENCE_METRICS_H
#define ECAN_EVAL_EVIDENCE_METRICS_H

#include "io/json.h"
#include "io/stream.h"

#include <stdint.h>
#include <stdio.h>

typedef enum evidence_metrics_unit {
    EVIDENCE_METRICS_WORDS, /* of a stream with spans: a word is in a set if a span covers any part of it */
    EVIDENCE_METRICS_CHARACTERS /* code points of the notes */
} evidence_metrics_unit;

/* Which codes of an encounter are counted. */
typedef enum evidence_metrics_scope {
    EVIDENCE_METRICS_GOLD,      /* every code with gold spans */
    EVIDENCE_METRICS_EXPLAINED, /* those in the evidence, predicted or only requested */
    EVIDENCE_METRICS_PREDICTED, /* those that were predicted */
    EVIDENCE_METRICS_ALL,       /* every code with gold spans or predicted */
    EVIDENCE_METRICS_SCOPES
} evidence_metrics_scope;

typedef enum evidence_metrics_mean {
    EVIDENCE_METRICS_MICRO, /* of counts summed over all encounters and codes */
    EVIDENCE_METRICS_MACRO, /* mean over codes, after summing the counts of each */
    EVIDENCE_METRICS_MEAN,  /* mean over all codes of all encounters */
    EVIDENCE_METRICS_MEANS
} evidence_metrics_mean;

typedef struct evidence_metrics_results {
    double precision, recall, f1, iou;    /* of units; NAN if undefined */
    double span_precision, span_recall;   /* fraction of passages, of gold spans that are touched */
    double exact_precision, exact_recall; /* fraction that is exact */
} evidence_metrics_results;

typedef struct evidence_metrics_counts {
    uint64_t n_compared;
    uint64_t shown, gold_spans, both;           /* units: |P|, |G|, |P & G| */
    uint64_t passages, passages_touched, exact; /* exact: number of spans that both sides have */
    uint64_t spans, spans_touched;              /* gold spans */
} evidence_metrics_counts;

/* Numbers of encounters and spans. */
typedef struct evidence_metrics_totals {
    evidence_metrics_unit unit;
    uint64_t encounters, without_gold; /* compared; skipped */
    uint64_t spans_unseen;             /* gold spans without a unit, which are not counted */
} evidence_metrics_totals;

typedef struct evidence_metrics evidence_metrics;

evidence_metrics *evidence_metrics_new(evidence_metrics_unit unit); /* NULL when memory is out */
void evidence_metrics_free(evidence_metrics *a);                    /* a may be NULL */

/* Adds a line of gold spans (gold_spans.h). Annotations of another code_system are skipped; NULL skips
 * none. 0, or -1 if the line is invalid or the encounter is a duplicate. */
int evidence_metrics_gold(evidence_metrics *a, const json_t *line, const char *code_system);

/* Adds a line of evidence. 0 or -1. For EVIDENCE_METRICS_WORDS, words returns the encounter's record,
 * which has documents and spans, or NULL with the message set. */
typedef const record *evidence_metrics_words(void *context, const char *id);
int evidence_metrics_add(evidence_metrics *a, const json_t *line, evidence_metrics_words *words,
                         void *context);

void evidence_metrics_totals_of(const evidence_metrics *a, evidence_metrics_totals *out);
void evidence_metrics_sum(const evidence_metrics *a, evidence_metrics_scope scope,
                          evidence_metrics_counts *out);
void evidence_metrics_of(const evidence_metrics *a, evidence_metrics_scope scope, evidence_metrics_mean mean,
                         evidence_metrics_results *out);

/* Codes in order of appearance, and the counts of one code. */
int32_t evidence_metrics_codes(const evidence_metrics *a);
const char *evidence_metrics_code(const evidence_metrics *a, int32_t i, evidence_metrics_scope scope,
                                  evidence_metrics_counts *out);
evidence_metrics_results evidence_metrics_results_of(const evidence_metrics_counts *c);

/* ---- output (evidence_metrics_report.c) ---- */

extern const char *const evidence_metrics_scope_names[EVIDENCE_METRICS_SCOPES],
    *const evidence_metrics_mean_names[EVIDENCE_METRICS_MEANS];

/* One object with the keys of formats/evidence-metrics.md; undefined values are null. New reference; NULL
 * when memory is out. */
json_t *evidence_metrics_json(const evidence_metrics *a);
/* Writes a table for people. The caller checks f for errors. */
void evidence_metrics_table(FILE *f, const evidence_metrics *a);
/* Writes a header line, then one line per code with gold spans, separated by tabs. */
void evidence_metrics_lines(FILE *f, const evidence_metrics *a);

#endif
