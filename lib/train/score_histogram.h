/* SPDX-License-Identifier: Apache-2.0 */
/* Scores of encounters with known labels, counted by a thousandth, and what the best threshold makes of them:
 * without keeping the scores. Counts are whole numbers: those of several threads can be merged in any order.
 */
#ifndef ECAN_TRAIN_SCORE_HISTOGRAM_H
#define ECAN_TRAIN_SCORE_HISTOGRAM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { SCORE_HISTOGRAM_BINS = 1000 };

typedef struct score_histogram { /* zeroed at first */
    uint64_t right[SCORE_HISTOGRAM_BINS],
        wrong[SCORE_HISTOGRAM_BINS]; /* scores in (b/BINS, (b+1)/BINS] of labels that are gold; not gold */
} score_histogram;

/* Scores below 0, and NaN, count with the first; those above 1 with the last. */
static inline void score_histogram_add(score_histogram *t, float score, bool gold)
{
    const float last = SCORE_HISTOGRAM_BINS - 1, at = ceilf(score * SCORE_HISTOGRAM_BINS) - 1;
    const int bin = !(at > 0) ? 0 : (int)(at < last ? at : last);
    if (gold)
        t->right[bin]++;
    else
        t->wrong[bin]++;
}

void score_histogram_merge(score_histogram *to, const score_histogram *from);

/* The best of the thresholds 0.001, 0.002, ..., 0.999 by micro-F1 = 2 tp / (predicted + gold), of equals the
 * one nearest 0.5, which it is where nothing is right. Gold labels that have no score count in gold alone.
 * Returns the F1. */
double score_histogram_best(double *threshold, const score_histogram *t, uint64_t gold);

/* 2 tp / (tp + fp + gold), 0 where tp is 0. */
double score_histogram_f1(uint64_t tp, uint64_t fp, uint64_t gold);

#endif
