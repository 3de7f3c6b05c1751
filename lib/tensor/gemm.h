/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products by BLIS or, on processors with AVX-512, by kernels of its own (tensor/gemm_avx512.h):
 *
 *     C := beta C + alpha A B        A[M][K]  B[K][N]  C[M][N]
 *
 * A transposed matrix is a view with exchanged strides. A convolution over words is a product whose left
 * matrix has overlapping rows (tensor/matrix.h). A and B do not overlap C. M, N and K may be 0; K == 0 gives
 * C := beta C. If beta == 0, C is overwritten and its previous contents are not read, so they may be NaN.
 *
 * A call runs in the calling thread only, because the threads of ecan work on different documents or labels.
 * Equal shapes and numbers give bit-identical results. Cannot fail. */
#ifndef ECAN_TENSOR_GEMM_H
#define ECAN_TENSOR_GEMM_H

#include "tensor/matrix.h"

#include <stdbool.h>

void gemm(matrix C, float beta, float alpha, const_matrix A, const_matrix B);

/* The same by BLIS on all processors, for comparisons. */
void gemm_blis(matrix C, float beta, float alpha, const_matrix A, const_matrix B);

/* The same by three loops in double precision: the reference of the tests. */
void gemm_naive(matrix C, float beta, float alpha, const_matrix A, const_matrix B);

/* Chooses the kernels for this processor. Call it before threads start: it may set BLIS_ARCH_TYPE in the
 * environment while it runs (see gemm.c). gemm() calls it, too, but cannot report a failure: it then has
 * other kernels, and other roundings. 0, or -1: memory is out. The next call then tries again. */
int gemm_init(void);

/* The name of the set of kernels of BLIS in use ("skx", "haswell", "zen3", "generic", ...). */
const char *gemm_kernels(void);
/* Whether it is the portable set, which is several times slower than kernels for the processor. */
bool gemm_is_generic(void);

#endif
