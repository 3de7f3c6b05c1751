/* SPDX-License-Identifier: Apache-2.0 */
/* Solution of symmetric positive definite systems by the Cholesky factorization
 *
 *     A = L L'        A[n][n], L lower triangular
 *
 * in blocks, so that most of the work is matrix products (gemm.h).
 *
 * Only the lower triangle of a matrix is read and written, including the diagonal. The elements above the
 * diagonal do not change. The threads share the work. Results are bit-identical for any number of threads.
 * All arrays are borrowed. */
#ifndef ECAN_TENSOR_CHOLESKY_H
#define ECAN_TENSOR_CHOLESKY_H

#include "base/pool.h"

#include <stddef.h>

/* Replaces A by L. 0, or -1 with the row in the message: A is not positive definite in single precision, or
 * has a NaN. */
int cholesky(float *A, size_t n, pool *threads);

/* X[n][m] := L^-1 X. Cannot fail. */
void cholesky_forward(float *X, const float *L, size_t n, size_t m, pool *threads);

/* X[n][m] := A^-1 X, given L of A. Cannot fail. */
void cholesky_solve(float *X, const float *L, size_t n, size_t m, pool *threads);

/* d[j] = (A^-1)[j][j] = sum_i (L^-1)[i][j]^2, given L of A. 0, or -1: out of memory. */
int cholesky_inverse_diagonal(float *d, const float *L, size_t n, pool *threads);

#endif
