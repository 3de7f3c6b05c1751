/* How far evidence agrees with the spans that coders marked (formats/agreement.md).
 *
 *     agreement *a = agreement_new(unit);
 *     agreement_gold(a, line, code_system) for each encounter with gold spans
 *     agreement_add(a, line, words) for each encounter with evidence
 *     agreement_of(a, scope, mean, &figures);
 *
 * What is compared is a pair of an encounter and a code: the units that its evidence shows, P, with those
 * that are marked, G.
 *
 *     precision |P & G| / |P|    recall |P & G| / |G|    F1 2 |P & G| / (|P| + |G|)    IoU |P & G| / |P | G|
 *
 * A span is touched when one of its units is in the other set, and exact when the other side has the same
 * span. A figure whose denominator is 0 counts as 0 in a mean. */
#ifndef ECAN_EVAL_AGREEMENT_H
#define ECAN_EVAL_AGREEMENT_H

#include "io/json.h"
#include "io/stream.h"

#include <stdint.h>
#include <stdio.h>

typedef enum agreement_unit {
    AGREEMENT_WORDS,     /* of a stream with spans: a word is shown or marked where a span covers any of it */
    AGREEMENT_CHARACTERS /* code points of the notes */
} agreement_unit;

/* Which pairs are counted. */
typedef enum agreement_scope {
    AGREEMENT_GOLD,      /* every code with gold spans */
    AGREEMENT_EXPLAINED, /* those of them that the evidence speaks of, predicted or only asked for */
    AGREEMENT_PREDICTED, /* those of them that were predicted */
    AGREEMENT_ALL,       /* every code with gold spans or predicted */
    AGREEMENT_SCOPES
} agreement_scope;

typedef enum agreement_mean {
    AGREEMENT_MICRO, /* of counts summed over all pairs */
    AGREEMENT_MACRO, /* mean over codes, whose counts are summed */
    AGREEMENT_MEAN,  /* mean over pairs */
    AGREEMENT_MEANS
} agreement_mean;

typedef struct agreement_figures {
    double precision, recall, f1, iou;    /* of units; NAN where not defined */
    double span_precision, span_recall;   /* passages, gold spans that are touched */
    double exact_precision, exact_recall; /* ... that are exact */
} agreement_figures;

typedef struct agreement_counts {
    uint64_t pairs;
    uint64_t shown, marked, both;               /* units: |P|, |G|, |P & G| */
    uint64_t passages, passages_touched, exact; /* exact: of both sides */
    uint64_t spans, spans_touched;              /* gold */
} agreement_counts;

/* What there was. */
typedef struct agreement_totals {
    agreement_unit unit;
    uint64_t encounters, without_gold; /* compared; passed over */
    uint64_t spans_unseen;             /* gold spans without a unit, which are left out */
} agreement_totals;

typedef struct agreement agreement;

agreement *agreement_new(agreement_unit unit); /* NULL when memory is out */
void agreement_free(agreement *a);             /* NULL is fine */

/* A line of gold spans (marked.h); annotations of another code_system are passed over, NULL: none. 0, or -1:
 * it is bad, or the encounter's second. */
int agreement_gold(agreement *a, const json_t *line, const char *code_system);

/* A line of evidence. 0 or -1. words: for AGREEMENT_WORDS gives the encounter's record, which has documents
 * and spans; it returns NULL with the message set. */
typedef const record *agreement_words(void *context, const char *id);
int agreement_add(agreement *a, const json_t *line, agreement_words *words, void *context);

void agreement_totals_of(const agreement *a, agreement_totals *out);
void agreement_sum(const agreement *a, agreement_scope scope, agreement_counts *out);
void agreement_of(const agreement *a, agreement_scope scope, agreement_mean mean, agreement_figures *out);

/* Codes in order of appearance, and the counts of one. */
int32_t agreement_codes(const agreement *a);
const char *agreement_code(const agreement *a, int32_t i, agreement_scope scope, agreement_counts *out);
agreement_figures agreement_figures_of(const agreement_counts *c);

/* ---- how it is written (agreement_report.c) ---- */

extern const char *const agreement_scope_names[AGREEMENT_SCOPES],
    *const agreement_mean_names[AGREEMENT_MEANS];

/* One object, keys as in formats/agreement.md; what is not defined is null. New reference; NULL when memory
 * is out. */
json_t *agreement_json(const agreement *a);
/* A table for people; whether f took it all is for the caller to check. */
void agreement_table(FILE *f, const agreement *a);
/* A line a code with gold spans, between tabs, behind a line of names. */
void agreement_lines(FILE *f, const agreement *a);

#endif
