/* SPDX-License-Identifier: Apache-2.0 */
/* How good the parameters are on documents with known labels: what decides when a phase of training ends.
 * (ecan-metrics has the figures of the literature; these few are computed here without keeping the scores.)
 */
#ifndef ECAN_TRAIN_EVALUATE_H
#define ECAN_TRAIN_EVALUATE_H

#include "base/pool.h"
#include "train/dataset.h"

typedef struct evaluation {
    double loss;          /* binary cross entropy, mean over documents and labels */
    double micro_f1;      /* at the model's threshold; codes that the model lacks count as missed */
    double best_micro_f1; /* at the best of 0.001, 0.002, ..., 0.999 (of equals the one nearest 0.5) */
    double threshold;     /* that one */
} evaluation;

/* 0, or -1: out of memory, or scores that are not numbers. The same whatever the threads. */
int evaluate(evaluation *e, const params *p, const dataset *d, pool *threads);

#endif
