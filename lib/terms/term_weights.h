/* SPDX-License-Identifier: Apache-2.0 */
/* The weight of a term for a label, in units of the logit, from their counts: how probable the label is in an
 * encounter with the term whose label is not known.
 *
 * A linear function of logarithms of the counts and of their squares, learnt by logistic regression from
 * observations (mine.h). An encounter has many terms of a label, and what matters is the best of them: the
 * function is learnt from the best term of each label and encounter, which is then chosen again by the new
 * function, and so on (multiple-instance learning). */
#ifndef ECAN_TERMS_TERM_WEIGHTS_H
#define ECAN_TERMS_TERM_WEIGHTS_H

#include "terms/mine.h"

enum { TERM_FEATURES = 17, TERM_ROUNDS = 5 };

typedef struct term_weights {
    double mean[TERM_FEATURES], scale[TERM_FEATURES]; /* of the observations' features */
    double w[TERM_FEATURES + 1];                      /* of (feature - mean) / scale, and the bias */
} term_weights;

/* Puts the observations into another order. 0 or -1. */
int term_weights_learn(term_weights *w, observation *seen, size_t n);

float term_weight(const term_weights *w, const term_counts *c);

#endif
