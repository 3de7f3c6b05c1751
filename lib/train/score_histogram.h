/* SPDX-License-Identifier: Apache-2.0 */
/* A histogram of scores of gold labels and of other labels, with bins of a thousandth, and the best threshold
 * for them. The scores are not stored. Counts are integers, so those of several threads can be merged in any
 * order. */
#ifndef ECAN_TRAIN_SCORE_HISTOGRAM_H
#define ECAN_TRAIN_SCORE_HISTOGRAM_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { SCORE_HISTOGRAM_BINS = 1000 };

typedef struct score_histogram { /* zero-initialized */
    uint64_t right[SCORE_HISTOGRAM_BINS],
        wrong[SCORE_HISTOGRAM_BINS]; /* scores in (b/BINS, (b+1)/BINS] of gold labels; of others */
} score_histogram;

/* Scores below 0 and NaN are counted in the first bin, scores above 1 in the last. */
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

/* Fills *threshold with the best of 0.001, 0.002, ..., 0.999 by micro-F1 = 2 tp / (predicted + gold), and
 * returns this micro-F1. Of equal thresholds it is the nearest to 0.5. It is 0.5 if there is no true
 * positive. `gold` is the number of gold labels, including those without a score. */
double score_histogram_best(double *threshold, const score_histogram *t, uint64_t gold);

/* 2 tp / (tp + fp + gold); 0 if tp is 0. */
double score_histogram_f1(uint64_t tp, uint64_t fp, uint64_t gold);

#endif
