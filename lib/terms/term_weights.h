/* SPDX-License-Identifier: Apache-2.0 */
/* The weight of a term for a label, in units of the logit, from their counts: how probable the label is in
 * an encounter that has the term and whose label is unknown.
 * It is a linear function of logarithms of the counts and of their squares, learnt by logistic regression
 * from observations (mine.h). An encounter has many terms of a label, and only the best of them counts. So
 * the function is learnt from the best term of each label and encounter, the best terms are chosen again
 * by the new function, and so on (multiple-instance learning).
 * Each mark of a term (text/scopes.h) adds its effect to the weight. The effects are learnt in the same
 * regression. */
#ifndef ECAN_TERMS_TERM_WEIGHTS_H
#define ECAN_TERMS_TERM_WEIGHTS_H

#include "terms/mine.h"
#include "terms/terms_file.h"

/* A mark with an effect below this says that the code does not apply: the odds are less than a seventh. */
#define TERM_DENIED (-2.0f)

enum { TERM_FEATURES = 17, TERM_ROUNDS = 5 };

typedef struct term_weights {
    double mean[TERM_FEATURES], scale[TERM_FEATURES]; /* mean and scale of the observations' features */
    double w[TERM_FEATURES + 1];                      /* weights of (feature - mean) / scale, and the bias */
    mark_effects marks;                               /* the effects of marks on the weight */
} term_weights;

/* Learns the weights. Changes the order of the observations. 0 or -1. */
int term_weights_learn(term_weights *w, observation *seen, size_t n);

/* The weight of a term without marks. */
float term_weight(const term_weights *w, const term_counts *c);

/* The marks whose effect is below TERM_DENIED. */
int term_weights_denied(const term_weights *w);

#endif
