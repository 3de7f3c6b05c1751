/* SPDX-License-Identifier: Apache-2.0 */
/* The scores that several models gave the same encounter, averaged (formats/scored.md). For label j, over the
 * models i that have it, with weights w_i:
 *
 *     AVERAGE_MEAN    p_j = sum_i w_i p_ij / sum_i w_i
 *     AVERAGE_LOGIT   logit p_j = sum_i w_i logit p_ij / sum_i w_i,  p_ij held within 1e-12 and 1 - 2^-25
 *     learned         logit p_j = sum_i w_i logit p_ij + bias        (score_combination.h)
 *
 * A model without label j has no part in p_j. Thresholds are averaged as the scores are, so that what every
 * model predicts is predicted, and what none does is not. Scores of one model stay what they are, to the bit.
 *
 *     average *a = score_average_new(n, &options);
 *     score_average_headers(a, headers);  score_average_header(a, &fields)         for each combination of
 * segments score_average_record(a, records, &fields)                              for each encounter */
#ifndef ECAN_EVAL_SCORE_AVERAGE_H
#define ECAN_EVAL_SCORE_AVERAGE_H

#include "eval/score_combination.h"
#include "io/pack.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum score_average_by { AVERAGE_MEAN, AVERAGE_LOGIT, AVERAGE_LEARNED } score_average_by;
#define AVERAGE_BY "mean|logit"

typedef struct score_average_options {
    score_average_by by;
    const double *weights;            /* [n] above 0, NULL: each 1. Borrowed */
    const score_combination *learned; /* NULL or: used instead of by and weights. Borrowed */
    double threshold; /* of every label; NAN: the learned one, or those of the headers, averaged */
    const char
        *thresholds; /* NULL or: a file with thresholds of single labels (text/thresholds.h). Borrowed */
} score_average_options;

typedef struct score_average score_average;

/* Of n models. NULL with the message set. */
score_average *score_average_new(int n, const score_average_options *options);
void score_average_free(score_average *a); /* NULL is fine */

/* The headers of the segments that the next records come from, [n]: labels and thresholds. The labels of the
 * average are those of the first header, then those that it lacks in order of appearance. 0 or -1. */
int score_average_headers(score_average *a, const record *const *headers);

/* Fields of the header of the average, which replace those of the first: labels, thresholds, and what it is
 * made of. 0 or -1. */
int score_average_header(const score_average *a, const record *const *headers, pack *fields);

/* After score_average_headers: its labels; how many of them some model lacks; whether the models have other
 * thresholds, and the average goes by theirs. */
int32_t score_average_labels(const score_average *a);
int32_t score_average_partial(const score_average *a);
bool score_average_thresholds_differ(const score_average *a);
float score_average_threshold(const score_average *a); /* of most labels */

/* One encounter, as every model has it: records[n], with the same id. Fields that replace those of the first
 * record: scores, predicted, and gold codes that only another record has. 0, or -1: scores that are not one a
 * label or no probabilities, or other gold codes than in another record. */
int score_average_record(score_average *a, const record *records, pack *fields);

/* Keys of the first record that the average cannot have, NULL-ended: those with a number a label where it has
 * labels that the first lacks. */
const char *const *score_average_drop(const score_average *a);

#endif
