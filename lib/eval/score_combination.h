/* SPDX-License-Identifier: Apache-2.0 */
/* Combines the scores of several systems into one, usually with weights that were learned on dev
 * (score_combine.h; formats/combination.md):
 *
 *     logit p = sum_i weights_i logit p_i + bias */
#ifndef ECAN_EVAL_SCORE_COMBINATION_H
#define ECAN_EVAL_SCORE_COMBINATION_H

#include "eval/score_members.h"

#include <stdio.h>

typedef enum score_average_by { AVERAGE_MEAN, AVERAGE_LOGIT, AVERAGE_LEARNED } score_average_by;
#define AVERAGE_BY "mean|logit"
extern const char *const score_average_names[]; /* of each score_average_by */

enum { SCORE_COMBINATION_SYSTEMS = 16, SCORE_COMBINATION_MODEL = 64 };

typedef struct score_combination {
    score_average_by by; /* AVERAGE_LEARNED, or a mean (score_average.h) with these weights and no bias */
    int n;               /* systems, in the order of the files */
    double weights[SCORE_COMBINATION_SYSTEMS], bias;
    double threshold, micro_f1; /* the threshold with the best micro-F1 on dev, and that micro-F1 */
    char model[SCORE_COMBINATION_SYSTEMS][SCORE_COMBINATION_MODEL]; /* fingerprints; "": none, or several */
} score_combination;

/* 0, or -1 with the path and the reason. */
int score_combination_read(score_combination *c, const char *path);
/* Writes one line of JSON. 0 or -1. */
int score_combination_write(FILE *f, const score_combination *c);

/* Checks that these are the systems that c was learned from: the same number, all with the same labels,
 * and the same fingerprints if they have one. 0 or -1. */
int score_combination_check_labels(const score_members *m); /* checks only the labels */
int score_combination_check(const score_combination *c, const score_members *m, const record *const *headers);

#endif
