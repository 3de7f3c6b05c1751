/* Scores of encounters with known labels, counted by a thousandth, and what the best threshold makes of them:
 * without keeping the scores. Counts are whole numbers: those of several threads can be merged in any order.
 */
#ifndef ECAN_TRAIN_TALLY_H
#define ECAN_TRAIN_TALLY_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { TALLY_BINS = 1000 };

typedef struct tally { /* zeroed at first */
    uint64_t right[TALLY_BINS],
        wrong[TALLY_BINS]; /* scores in (b/BINS, (b+1)/BINS] of labels that are gold; not gold */
} tally;

/* Scores below 0 and above 1 count with the first and the last. */
static inline void tally_add(tally *t, float score, bool gold)
{
    int bin = (int)ceilf(score * TALLY_BINS) - 1;
    bin = bin < 0 ? 0 : bin < TALLY_BINS ? bin : TALLY_BINS - 1;
    if (gold)
        t->right[bin]++;
    else
        t->wrong[bin]++;
}

void tally_merge(tally *to, const tally *from);

/* The best of the thresholds 0.001, 0.002, ..., 0.999 by micro-F1 = 2 tp / (predicted + gold), of equals the
 * one nearest 0.5, which it is where nothing is right. Gold labels that have no score count in gold alone.
 * Returns the F1. */
double tally_best(double *threshold, const tally *t, uint64_t gold);

/* 2 tp / (tp + fp + gold), 0 where tp is 0. */
double tally_f1(uint64_t tp, uint64_t fp, uint64_t gold);

#endif
