/* SPDX-License-Identifier: Apache-2.0 */
/* Probabilities from scores (Platt, 1999):
 *
 *     p(f) = sigmoid(a f + c)
 *
 * a and c minimize the cross entropy over the histogram of scores, by Newton's method. With r scores of gold
 * labels and w other scores, the targets are (r + 1) / (r + 2) and 1 / (w + 2) instead of 1 and 0. So a and c
 * are always finite. */
#ifndef ECAN_LINEAR_PLATT_H
#define ECAN_LINEAR_PLATT_H

#include "train/score_histogram.h"

typedef struct platt {
    double a, c;
} platt;

/* Cannot fail. */
platt platt_fit(const score_histogram *t);

#endif
