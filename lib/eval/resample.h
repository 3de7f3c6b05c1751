/* SPDX-License-Identifier: Apache-2.0 */
/* How reliable metrics are: intervals by the bootstrap, differences by approximate randomisation.
 * Both assume that encounters are independent of each other. Each draw b has its own generator,
 * rng_seed(seed, 0 or 1, b), so the results do not depend on the number of threads. */
#ifndef ECAN_EVAL_RESAMPLE_H
#define ECAN_EVAL_RESAMPLE_H

#include "base/pool.h"
#include "eval/bootstrap_sample.h"

#include <stdint.h>

/* A metric of the encounters as they are, and an interval around it; NAN if undefined. */
typedef struct interval {
    double value, low, high;
} interval;

/* The bootstrap (Efron 1979): n samples with replacement, each of as many encounters as there are, and
 * the same for every system. low and high are the (1 -+ confidence)/2 quantiles of the n values
 * (percentile interval), with linear interpolation. Draws in which a metric is undefined are ignored.
 *   intervals[S][F]    of each system
 *   differences[S][F]  of each system minus the first; [0] is not changed
 * Draw b: rng_below() for one encounter after the other. 0, or -1 when memory is out (8 n S F bytes). */
int bootstrap(const system_results *o, int n, uint64_t seed, double confidence, pool *p, interval *intervals,
              interval *differences);

/* Approximate randomisation (Noreen 1989): in each of n draws, the outputs of systems a and b are exchanged
 * in each encounter with probability 1/2. p_value[F] = (r + 1) / (n + 1), where r is the number of draws in
 * which the systems differ at least as much as without exchanges. NAN if the metric is undefined. Draw b: bit
 * i % 64 of the (i / 64)-th rng_next() exchanges encounter i. 0, or -1 when memory is out. */
int randomisation(const system_results *o, int a, int b, int n, uint64_t seed, pool *p, double *p_value);

#endif
