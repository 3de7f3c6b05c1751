/* SPDX-License-Identifier: Apache-2.0 */
/* Learns a combination of several systems (score_combination.h) from encounters with gold codes: a logistic
 * regression (tensor/logistic.h) over pairs of encounter and label, of whether the code is gold on the
 * systems' logits and a constant.
 *
 * Pairs to which every system gives at most 0.1 are left out. They are nearly all pairs, and how the systems
 * rank codes that none of them would predict should not decide the weights. What is left out depends only on
 * the scores, so it does not move the weights where the model holds.
 *
 * The weights are drawn to those of the mean of the logits, 1/n each, as much as one pair more would.
 *
 *     score_combine *c = score_combine_new(n);
 *     score_combine_headers(c, headers) for each combination of segments;  score_combine_add(c, records) for
 * each encounter score_combine_finish(c, &result)
 *
 * Scores are spooled to an unlinked file in $TMPDIR (4 bytes for each system, encounter and label), because
 * the threshold needs all of them. Memory: 4 (n + 2) bytes for a pair that is not left out. */
#ifndef ECAN_EVAL_SCORE_COMBINE_H
#define ECAN_EVAL_SCORE_COMBINE_H

#include "eval/score_combination.h"

typedef struct score_combine score_combine;

/* Of n systems, at most SCORE_COMBINATION_SYSTEMS. NULL with the message set. */
score_combine *score_combine_new(int n);
void score_combine_free(score_combine *c); /* NULL is fine */

/* All segments must have the same labels in the same order, and each system all labels. 0 or -1. */
int score_combine_headers(score_combine *c, const record *const *headers);

/* One encounter: records[n] with the same id. 0, or -1: no gold codes or bad scores, or, where
 * score_combine_broken() says so, a failure that is not the record's: memory, temporary file. */
int score_combine_add(score_combine *c, const record *records);
bool score_combine_broken(const score_combine *c);

/* Once, after the last record. 0 or -1: no gold code was given by a system. */
int score_combine_finish(score_combine *c, score_combination *out);

#endif
