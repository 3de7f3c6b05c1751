/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products. The only door to BLIS (gemm.c includes blis.h).
 *
 *     C := beta C + alpha A B        A[M][K]  B[K][N]  C[M][N]
 *
 * A transpose is an exchange of a view's strides, and a convolution over words is a product whose left matrix
 * has overlapping rows (tensor/matrix.h). Nothing may overlap C. M, N, K may be 0 (K == 0: C := beta C).
 * beta == 0 overwrites: what C held before, NaN too, is not read.
 *
 * A call runs in the calling thread only: ecan's threads work on different documents or labels.
 * The same shapes and numbers give the same bytes. Cannot fail. */
#ifndef ECAN_TENSOR_GEMM_H
#define ECAN_TENSOR_GEMM_H

#include "tensor/matrix.h"

#include <stdbool.h>

void gemm(matrix C, float beta, float alpha, const_matrix A, const_matrix B);

/* The same by three loops in double precision: the oracle of the tests. */
void gemm_naive(matrix C, float beta, float alpha, const_matrix A, const_matrix B);

/* Picks the kernels for this processor; called by gemm() too. Call it before threads start: it may set
 * BLIS_ARCH_TYPE in the environment for that time (see gemm.c). */
void gemm_init(void);

/* Name of BLIS's kernel set in use ("skx", "haswell", "zen3", "generic", ...), and whether it is the
 * portable one, which is several times slower than the processor. */
const char *gemm_kernels(void);
bool gemm_is_generic(void);

#endif
