/* SPDX-License-Identifier: Apache-2.0 */
/* The weighted mean of word vectors of the same words. */
#ifndef ECAN_IO_VECTORS_MEAN_H
#define ECAN_IO_VECTORS_MEAN_H

#include "io/vectors.h"

/* v := sum_i w_i v_i / sum_i w_i of the n files, n >= 1, in the order of the words of the first. The weights
 * are positive. All files must have the same words and dimension. One file at a time is in memory, and the
 * sum. 0, or -1 with the path and the difference in the message; then v is empty. Free v with vectors_free().
 */
int vectors_mean(vectors *v, const char *const *paths, int n, const double *weights);

#endif
