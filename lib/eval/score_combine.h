/* SPDX-License-Identifier: Apache-2.0 */
/* Learns a combination of several systems (score_combination.h) from encounters with gold codes. It is a
 * logistic regression (tensor/logistic.h) with one row per encounter and label. The target is whether the
 * code is gold; the inputs are the systems' logits and a constant.
 * Rows to which every system gives at most 0.1 are ignored. They are nearly all rows, and how the systems
 * rank codes that none of them would predict should not decide the weights. The choice of rows depends
 * only on the scores, so it does not bias the weights if the model is right.
 * The weights are regularised towards those of the mean of the logits, 1/n each, as strongly as one
 * additional row.
 *
 *     score_combine *c = score_combine_new(n);
 *     for each combination of segments:
 *         score_combine_headers(c, headers);  score_combine_add(c, records) for each encounter
 *     score_combine_finish(c, &result)
 * Scores are stored in an unlinked file in $TMPDIR (4 bytes for each system, encounter and label), because
 * the threshold needs all of them. Memory: 4 (n + 2) bytes for a row that is used. */
#ifndef ECAN_EVAL_SCORE_COMBINE_H
#define ECAN_EVAL_SCORE_COMBINE_H

#include "eval/score_combination.h"

typedef struct score_combine score_combine;

/* For n systems, at most SCORE_COMBINATION_SYSTEMS. NULL with the message set. */
score_combine *score_combine_new(int n);
void score_combine_free(score_combine *c); /* c may be NULL */

/* All segments must have the same labels in the same order, and each system must have all labels. 0 or -1. */
int score_combine_headers(score_combine *c, const record *const *headers);

/* Adds one encounter: records[n] with the same id. 0, or -1 if gold codes are missing or scores are
 * invalid. Then score_combine_broken() is true if the error is not in the record, but in memory or the
 * temporary file. */
int score_combine_add(score_combine *c, const record *records);
bool score_combine_broken(const score_combine *c);

/* Call once, after the last record. 0, or -1 if no gold code has a score. */
int score_combine_finish(score_combine *c, score_combination *out);

#endif
