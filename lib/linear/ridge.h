/* SPDX-License-Identifier: Apache-2.0 */
/* Ridge regression of the labels on the texts in dual form, with a coefficient for each text and label
 * (regularized least squares: Rifkin, Yeo and Poggio, 2003). With K[i][j] = x_i . x_j, Y[n][L] of 0 and 1,
 * and G = K + lambda I:
 *
 *     alpha = G^-1 Y [n][L]        f(x) = sum_i (x_i . x) alpha[i] [L]
 *
 * f is large for likely labels. The leave-one-out score, which training without text i would give for text i,
 * needs no further training:
 *
 *     f_i(x_i) = Y[i] - alpha[i] / (G^-1)[i][i]
 *
 * So lambda, the threshold and the probabilities (platt.h) are chosen without a separate dataset. */
#ifndef ECAN_LINEAR_RIDGE_H
#define ECAN_LINEAR_RIDGE_H

#include "linear/kernel.h"

#include "train/score_histogram.h"

typedef struct ridge {
    size_t n, L;     /* number of texts, of labels */
    float *K;        /* [n][n] above the diagonal the kernel, on and below it the Cholesky factor; owned */
    float *diagonal; /* [n] diagonal of the kernel; owned */
    float *alpha;    /* [n][L] owned */
} ridge;

/* Allocates r and computes the kernel. 0, or -1: out of memory. Free r with ridge_free() in both cases. */
int ridge_make(ridge *r, const kernel *k, size_t L, pool *threads);
void ridge_free(ridge *r);

/* Computes alpha for this lambda. 0, or -1: G is not positive definite in single precision, because lambda is
 * too small. */
int ridge_solve(ridge *r, float lambda, const dataset *d, pool *threads);

/* Adds the leave-one-out scores f_i(x_i)[j] of all texts i and labels j to t. 0, or -1: out of memory. */
int ridge_left_out(score_histogram *t, const ridge *r, const dataset *d, pool *threads);

/* Frees the kernel. alpha remains. */
void ridge_forget_kernel(ridge *r);

#endif
