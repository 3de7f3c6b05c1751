/* SPDX-License-Identifier: Apache-2.0 */
/* Probabilities from scores (Platt, 1999):
 *
 *     p(f) = sigmoid(a f + c)
 *
 * with a and c of the least cross entropy over counted scores, by Newton's method. Of the r scores of gold
 * labels and the w others each is aimed at (r + 1) / (r + 2) and 1 / (w + 2), not at 1 and 0, so a and c are
 * finite always. */
#ifndef ECAN_LINEAR_PLATT_H
#define ECAN_LINEAR_PLATT_H

#include "train/score_histogram.h"

typedef struct platt {
    double a, c;
} platt;

platt platt_fit(const score_histogram *t);

#endif
