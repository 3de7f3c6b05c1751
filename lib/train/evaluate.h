/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluation of the parameters on documents with gold labels, which decides when a phase of training ends.
 * ecan-metrics computes the metrics of the literature. This computes a few of them without storing the
 * scores. */
#ifndef ECAN_TRAIN_EVALUATE_H
#define ECAN_TRAIN_EVALUATE_H

#include "base/pool.h"
#include "train/dataset.h"

typedef struct evaluation {
    double loss;          /* binary cross entropy, mean over documents and labels */
    double micro_f1;      /* at the threshold of the model; unknown gold codes count as missed */
    double best_micro_f1; /* at the best of the thresholds 0.001, 0.002, ..., 0.999 */
    double threshold;     /* the best threshold; of equal ones the nearest to 0.5 */
} evaluation;

/* Fills e. The documents are divided among the ranks. Bit-identical for any number of threads and ranks. 0,
 * or -1: out of memory, or scores that are not finite.
 */
int evaluate(evaluation *e, const params *p, const dataset *d, pool *threads);

#endif
