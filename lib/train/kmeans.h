/* SPDX-License-Identifier: Apache-2.0 */
/* K-means clustering of vectors by cosine similarity, as the option -classes of word2vec.c does it. */
#ifndef ECAN_TRAIN_KMEANS_H
#define ECAN_TRAIN_KMEANS_H

#include "base/pool.h"

#include <stdint.h>

#define KMEANS_ROUNDS 10 /* as word2vec.c */

/* Fills class_of[n], 0 .. classes-1, for the vectors x[n][size]. Vector i starts in class i % classes. In
 * each round the centre of a class is the sum of its vectors, scaled to length 1. Then each vector moves to
 * the class whose centre has the largest dot product with it, of equal ones the first. A class without
 * vectors, or whose sum is 0, stays empty. Bit-identical for any number of threads. 0, or -1: out of memory.
 */
int kmeans(int32_t *class_of, const float *x, size_t n, size_t size, size_t classes, int rounds,
           pool *threads);

#endif
