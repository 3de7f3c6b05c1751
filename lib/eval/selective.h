/* SPDX-License-Identifier: Apache-2.0 */
/* Selective prediction: the precision if only the most confident predictions are coded without a person.
 *
 * Units are ranked by their confidence: predicted codes by their score, and encounters by the mean score of
 * their predicted codes. The first units are accepted, as many as have a confidence above a limit. Coverage
 * is their fraction of all units, precision the fraction of correct codes among their predicted codes, and
 * recall the fraction of all gold codes that these are. Encounters without a predicted code are never
 * accepted. */
#ifndef ECAN_EVAL_SELECTIVE_H
#define ECAN_EVAL_SELECTIVE_H

#include "eval/metrics.h"
#include "io/json.h"

#include <stdint.h>
#include <stdio.h>

typedef enum selective_unit { SELECTIVE_CODES, SELECTIVE_ENCOUNTERS, SELECTIVE_UNITS } selective_unit;

typedef struct selective selective;

selective *selective_new(void);    /* NULL when memory is out */
void selective_free(selective *s); /* NULL is fine */

/* Adds an encounter. 0 or -1. */
int selective_add(selective *s, const metrics_encounter *e);

/* The largest coverage with at least that precision, and the interval of 95% around it: percentiles of the
 * coverage in 1,000 samples of encounters with replacement (resample.h). threshold: the limit of the
 * confidence. With a coverage of 0 recall is 0 and threshold NAN. Without units all are NAN. */
typedef struct selective_results {
    double precision, coverage, low, high, recall, threshold;
} selective_results;

/* Fills out[n] for the ascending precisions wanted[n]. 0, or -1 when memory is out. */
int selective_at(selective *s, selective_unit unit, const double *wanted, int n, selective_results *out);

/* Writes a header line, then for each unit a line for each percent of coverage: unit, coverage, precision,
 * recall, threshold, separated by tabs. The caller checks f for errors. */
void selective_write(selective *s, FILE *f);

/* For the precisions .95 and .98: {"codes": [{"precision", "coverage", "low", "high", "recall", "threshold"},
 * ...], "encounters": [...]}. New reference; NULL when memory is out. */
json_t *selective_json(selective *s);
/* The same for people. 0, or -1 when memory is out. */
int selective_table(FILE *f, selective *s);

#endif
