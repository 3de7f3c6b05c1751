/* SPDX-License-Identifier: Apache-2.0 */
/* Averages the scores that several models gave the same encounter (formats/scored.md). For label j, over
 * the models i that have it, with weights w_i:
 *
 *     AVERAGE_MEAN    p_j = sum_i w_i p_ij / sum_i w_i
 *     AVERAGE_LOGIT   logit p_j = sum_i w_i logit p_ij / sum_i w_i,  p_ij clipped to 1e-12 .. 1 - 2^-25
 *     learned         logit p_j = sum_i w_i logit p_ij + bias        (score_combination.h)
 * A model without label j is not counted in p_j. Thresholds are averaged like the scores, so a code that
 * every model predicts is predicted, and a code that no model predicts is not. The scores of a single
 * model stay bit-identical.
 *
 *     score_average *a = score_average_new(n, &options);
 *     for each combination of segments:
 *         score_average_headers(a, headers);  score_average_header(a, headers, &fields)
 *         score_average_record(a, records, &fields) for each encounter */
#ifndef ECAN_EVAL_SCORE_AVERAGE_H
#define ECAN_EVAL_SCORE_AVERAGE_H

#include "eval/score_combination.h"
#include "io/pack.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct score_average_options {
    score_average_by by;
    const double *weights;                /* [n] above 0; NULL: all 1. Borrowed */
    const score_combination *combination; /* NULL or: used instead of by and weights. Borrowed */
    double threshold; /* common threshold; NAN: that of the combination, or the average of those in the
                         headers */
    const char
        *thresholds; /* NULL or: a file with thresholds of individual labels (text/thresholds.h). Borrowed */
} score_average_options;

typedef struct score_average score_average;

/* For n models. NULL with the message set. */
score_average *score_average_new(int n, const score_average_options *options);
void score_average_free(score_average *a); /* a may be NULL */

/* Reads the headers [n] of the segments of the next records: labels and thresholds. The labels of the
 * average are those of the first header, then those that it lacks in order of appearance. 0 or -1. */
int score_average_headers(score_average *a, const record *const *headers);

/* Writes fields of the header of the average, which replace those of the first header: labels, thresholds,
 * and the models it was made from. 0 or -1. */
int score_average_header(const score_average *a, const record *const *headers, pack *fields);

/* After score_average_headers: the number of labels; how many of them some model lacks; whether the
 * models' thresholds differ, so that the average uses their mean. */
int32_t score_average_labels(const score_average *a);
int32_t score_average_partial(const score_average *a);
bool score_average_thresholds_differ(const score_average *a);
float score_average_threshold(const score_average *a); /* of most labels */

/* Averages one encounter: records[n], one per model, with the same id. Writes the fields that replace
 * those of the first record: scores, predicted, and gold codes that only another record has. 0, or -1 if
 * scores are missing or not probabilities, or if the gold codes of two records differ. */
int score_average_record(score_average *a, const record *records, pack *fields);

/* Keys of the first record that the average cannot have, NULL-terminated: those with one number per label,
 * if the average has labels that the first record lacks. */
const char *const *score_average_drop(const score_average *a);

#endif
