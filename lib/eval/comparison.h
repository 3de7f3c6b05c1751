/* SPDX-License-Identifier: Apache-2.0 */
/* Output of intervals and differences (resample.h). */
#ifndef ECAN_EVAL_COMPARISON_H
#define ECAN_EVAL_COMPARISON_H

#include "eval/resample.h"
#include "io/json.h"

#include <stdint.h>
#include <stdio.h>

typedef struct comparison_system {
    const char *name;
    double threshold;
    int own_thresholds; /* number of labels with a threshold of their own */
} comparison_system;

/* S systems, F metrics; all borrowed. */
typedef struct comparison {
    const system_results *system_results;
    const comparison_system *systems; /* [S] */
    int resamples, shuffles;
    uint64_t seed;
    double confidence;
    const interval *intervals;   /* [S][F] */
    const interval *differences; /* [S][F] minus the first system; [0] is not read */
    const double *p_values;      /* [S][F] in the same order */
} comparison;

/* One object with the keys of formats/comparison.md; undefined values are null. New reference; NULL when
 * memory is out. */
json_t *comparison_json(const comparison *c);

/* Writes a table for people. The caller checks f for errors. */
void comparison_table(FILE *f, const comparison *c);

#endif
