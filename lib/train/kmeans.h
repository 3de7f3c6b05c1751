/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors in classes: k-means by cosine, as word2vec.c's -classes does it. */
#ifndef ECAN_TRAIN_KMEANS_H
#define ECAN_TRAIN_KMEANS_H

#include "base/pool.h"

#include <stdint.h>

#define KMEANS_ROUNDS 10 /* word2vec.c's */

/* Fills class_of[n], 0 .. classes-1, for x[n][size]. Vector i begins in class i % classes. In each round a
 * class's centre is the sum of its vectors, made 1 long, and each vector goes to the class whose centre has
 * the largest product with it (of equals the first); a class that has lost all its vectors, or whose sum is
 * 0, gets none any more. The same whatever the threads. 0 or -1: no memory. */
int kmeans(int32_t *class_of, const float *x, size_t n, size_t size, size_t classes, int rounds,
           pool *threads);

#endif
