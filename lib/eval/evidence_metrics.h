/* SPDX-License-Identifier: Apache-2.0 */
/* How far evidence agrees with the spans that coders marked (formats/agreement.md).
 *
 *     evidence_metrics *a = evidence_metrics_new(unit);
 *     evidence_metrics_gold(a, line, code_system) for each encounter with gold spans
 *     evidence_metrics_add(a, line, words) for each encounter with evidence
 *     evidence_metrics_of(a, scope, mean, &figures);
 *
 * What is compared is a pair of an encounter and a code: the units that its evidence shows, P, with those
 * that are marked, G.
 *
 *     precision |P & G| / |P|    recall |P & G| / |G|    F1 2 |P & G| / (|P| + |G|)    IoU |P & G| / |P | G|
 *
 * A span is touched when one of its units is in the other set, and exact when the other side has the same
 * span. A figure whose denominator is 0 counts as 0 in a mean. */
#ifndef ECAN_EVAL_EVIDENCE_METRICS_H
#define ECAN_EVAL_EVIDENCE_METRICS_H

#include "io/json.h"
#include "io/stream.h"

#include <stdint.h>
#include <stdio.h>

typedef enum evidence_metrics_unit {
    EVIDENCE_METRICS_WORDS, /* of a stream with spans: a word is shown or marked where a span covers any of it
                             */
    EVIDENCE_METRICS_CHARACTERS /* code points of the notes */
} evidence_metrics_unit;

/* Which pairs are counted. */
typedef enum evidence_metrics_scope {
    EVIDENCE_METRICS_GOLD,      /* every code with gold spans */
    EVIDENCE_METRICS_EXPLAINED, /* those of them that the evidence speaks of, predicted or only asked for */
    EVIDENCE_METRICS_PREDICTED, /* those of them that were predicted */
    EVIDENCE_METRICS_ALL,       /* every code with gold spans or predicted */
    EVIDENCE_METRICS_SCOPES
} evidence_metrics_scope;

typedef enum evidence_metrics_mean {
    EVIDENCE_METRICS_MICRO, /* of counts summed over all pairs */
    EVIDENCE_METRICS_MACRO, /* mean over codes, whose counts are summed */
    EVIDENCE_METRICS_MEAN,  /* mean over pairs */
    EVIDENCE_METRICS_MEANS
} evidence_metrics_mean;

typedef struct evidence_metrics_results {
    double precision, recall, f1, iou;    /* of units; NAN where not defined */
    double span_precision, span_recall;   /* passages, gold spans that are touched */
    double exact_precision, exact_recall; /* ... that are exact */
} evidence_metrics_results;

typedef struct evidence_metrics_counts {
    uint64_t n_compared;
    uint64_t shown, gold_spans, both;           /* units: |P|, |G|, |P & G| */
    uint64_t passages, passages_touched, exact; /* exact: of both sides */
    uint64_t spans, spans_touched;              /* gold */
} evidence_metrics_counts;

/* What there was. */
typedef struct evidence_metrics_totals {
    evidence_metrics_unit unit;
    uint64_t encounters, without_gold; /* compared; passed over */
    uint64_t spans_unseen;             /* gold spans without a unit, which are left out */
} evidence_metrics_totals;

typedef struct evidence_metrics evidence_metrics;

evidence_metrics *evidence_metrics_new(evidence_metrics_unit unit); /* NULL when memory is out */
void evidence_metrics_free(evidence_metrics *a);                    /* NULL is fine */

/* A line of gold spans (gold_spans.h); annotations of another code_system are passed over, NULL: none. 0, or
 * -1: it is bad, or the encounter's second. */
int evidence_metrics_gold(evidence_metrics *a, const json_t *line, const char *code_system);

/* A line of evidence. 0 or -1. words: for EVIDENCE_METRICS_WORDS gives the encounter's record, which has
 * documents and spans; it returns NULL with the message set. */
typedef const record *evidence_metrics_words(void *context, const char *id);
int evidence_metrics_add(evidence_metrics *a, const json_t *line, evidence_metrics_words *words,
                         void *context);

void evidence_metrics_totals_of(const evidence_metrics *a, evidence_metrics_totals *out);
void evidence_metrics_sum(const evidence_metrics *a, evidence_metrics_scope scope,
                          evidence_metrics_counts *out);
void evidence_metrics_of(const evidence_metrics *a, evidence_metrics_scope scope, evidence_metrics_mean mean,
                         evidence_metrics_results *out);

/* Codes in order of appearance, and the counts of one. */
int32_t evidence_metrics_codes(const evidence_metrics *a);
const char *evidence_metrics_code(const evidence_metrics *a, int32_t i, evidence_metrics_scope scope,
                                  evidence_metrics_counts *out);
evidence_metrics_results evidence_metrics_results_of(const evidence_metrics_counts *c);

/* ---- how it is written (evidence_metrics_report.c) ---- */

extern const char *const evidence_metrics_scope_names[EVIDENCE_METRICS_SCOPES],
    *const evidence_metrics_mean_names[EVIDENCE_METRICS_MEANS];

/* One object, keys as in formats/agreement.md; what is not defined is null. New reference; NULL when memory
 * is out. */
json_t *evidence_metrics_json(const evidence_metrics *a);
/* A table for people; whether f took it all is for the caller to check. */
void evidence_metrics_table(FILE *f, const evidence_metrics *a);
/* A line a code with gold spans, between tabs, behind a line of names. */
void evidence_metrics_lines(FILE *f, const evidence_metrics *a);

#endif
