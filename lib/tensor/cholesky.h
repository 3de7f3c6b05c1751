/* SPDX-License-Identifier: Apache-2.0 */
/* Symmetric positive definite systems by Cholesky's factorisation, in blocks whose work is matrix products
 * (gemm.h).
 *
 *     A = L L'        A[n][n], L lower triangular
 *
 * Only the lower triangle of a matrix is read and written, its diagonal included; what stands above stays.
 * threads share the work; the bytes are the same whatever their number. */
#ifndef ECAN_TENSOR_CHOLESKY_H
#define ECAN_TENSOR_CHOLESKY_H

#include "base/pool.h"

#include <stddef.h>

/* A becomes L. 0, or -1 with the message set: A is not positive definite (as far as floats can tell), or
 * holds NaN. */
int cholesky(float *A, size_t n, pool *threads);

/* X[n][m] := A^-1 X, with A's L. */
void cholesky_solve(float *X, const float *L, size_t n, size_t m, pool *threads);

/* d[j] = (A^-1)[j][j] = sum_i (L^-1)[i][j]^2. 0, or -1 when memory is out. */
int cholesky_inverse_diagonal(float *d, const float *L, size_t n, pool *threads);

#endif
