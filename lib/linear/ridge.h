/* SPDX-License-Identifier: Apache-2.0 */
/* Ridge regression of the labels on the texts in its dual form, with one coefficient a text and label
 * (regularised least squares: Rifkin, Yeo and Poggio, 2003). With K[i][j] = x_i . x_j, Y[n][L] of 0 and 1,
 * and G = K + lambda I:
 *
 *     alpha = G^-1 Y [n][L]        f(x) = sum_i (x_i . x) alpha[i] [L]
 *
 * f is large where a label is likely. What f would say of training text i if i were not among the training
 * texts is known without training anew:
 *
 *     f_i(x_i) = Y[i] - alpha[i] / (G^-1)[i][i]
 *
 * so lambda, a threshold and probabilities (platt.h) are found without a set of their own. */
#ifndef ECAN_LINEAR_RIDGE_H
#define ECAN_LINEAR_RIDGE_H

#include "linear/kernel.h"

#include "train/score_histogram.h"

typedef struct ridge {
    size_t n, L;
    float *K;        /* [n][n]: above the diagonal the kernel; from it downwards what solves it */
    float *diagonal; /* [n] of the kernel */
    float *alpha;    /* [n][L] */
} ridge;

/* Room, and the kernel. 0, or -1 when memory is out; freed with ridge_free() in both cases. */
int ridge_make(ridge *r, const kernel *k, const grams *g, const dataset *d, size_t L, pool *threads);
void ridge_free(ridge *r);

/* alpha for this lambda. 0, or -1: G is not positive definite in floats, lambda is too small. */
int ridge_solve(ridge *r, float lambda, const dataset *d, pool *threads);

/* Adds f_i(x_i)[j] for all texts i and labels j to t. 0, or -1 when memory is out. */
int ridge_left_out(score_histogram *t, const ridge *r, const dataset *d, pool *threads);

/* alpha is all that is needed from here on. */
void ridge_forget_kernel(ridge *r);

#endif
