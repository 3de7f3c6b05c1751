/* SPDX-License-Identifier: Apache-2.0 */
/* How far figures can be believed: intervals by the bootstrap, differences by approximate randomisation.
 *
 * Both take encounters for independent of each other. Number b of the draws comes from a generator of its
 * own, rng_seed(seed, 0 or 1, b), so that the results do not depend on the threads. */
#ifndef ECAN_EVAL_RESAMPLE_H
#define ECAN_EVAL_RESAMPLE_H

#include "base/pool.h"
#include "eval/system_results.h"

#include <stdint.h>

/* The figure of the encounters as they are, and an interval about it; NAN where not defined. */
typedef struct interval {
    double value, low, high;
} interval;

/* The bootstrap (Efron 1979): n times as many encounters as there are, drawn with replacement, the same ones
 * for every system. low and high are the (1 -+ confidence)/2 quantiles of the n figures (percentile
 * interval), between two of them on the straight line; figures that are not defined in a draw are left out.
 *   figures[S][F]      of each system
 *   differences[S][F]  of each system less the first; [0] stays as it is
 * Draw b: rng_below() for encounter after encounter. 0, or -1 when memory is out (8 n S F bytes). */
int bootstrap(const system_results *o, int n, uint64_t seed, double confidence, pool *p, interval *intervals,
              interval *differences);

/* Approximate randomisation (Noreen 1989): n times the outputs of systems a and b are exchanged in every
 * second encounter by chance. p_value[F] = (r + 1) / (n + 1), r the number of times in which the figures of
 * the two were at least as far apart as they are; NAN where the figure is not defined. Draw b: bit i % 64 of
 * the (i / 64)-th rng_next() exchanges encounter i. 0, or -1 when memory is out. */
int randomisation(const system_results *o, int a, int b, int n, uint64_t seed, pool *p, double *p_value);

#endif
