/* SPDX-License-Identifier: Apache-2.0 */
/* How intervals and differences (resample.h) are written. */
#ifndef ECAN_EVAL_COMPARISON_H
#define ECAN_EVAL_COMPARISON_H

#include "eval/resample.h"
#include "io/json.h"

#include <stdint.h>
#include <stdio.h>

typedef struct comparison_system {
    const char *name;
    double threshold;
    int own_thresholds; /* labels with another one */
} comparison_system;

/* S systems, F figures; all borrowed. */
typedef struct comparison {
    const system_results *system_results;
    const comparison_system *systems; /* [S] */
    int resamples, shuffles;
    uint64_t seed;
    double confidence;
    const interval *intervals;   /* [S][F] */
    const interval *differences; /* [S][F] less the first system; [0] is not looked at */
    const double *p_values;      /* [S][F] the same */
} comparison;

/* One object, keys as in formats/comparison.md; what is not defined is null. New reference; NULL when memory
 * is out. */
json_t *comparison_json(const comparison *c);

/* A table for people. Whether f took it all is for the caller to check. */
void comparison_table(FILE *f, const comparison *c);

#endif
