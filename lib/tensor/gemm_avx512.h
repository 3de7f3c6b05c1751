/* SPDX-License-Identifier: Apache-2.0 */
/* The product of gemm() for processors with AVX-512. It is 1.1 to 1.3 times as fast as the
 * kernels `skx` of BLIS 0.9 for the matrices of the network, and bit-identical, because it adds in the same
 * order: the terms of a sum in blocks of 384, or up to 480 in the last. */
#ifndef ECAN_TENSOR_GEMM_AVX512_H
#define ECAN_TENSOR_GEMM_AVX512_H

#include "tensor/matrix.h"

#include <stdbool.h>

/* Whether this processor has the instructions. */
bool gemm_avx512_is_possible(void);

/* A.cols > 0. The rows or the columns of B must be contiguous. */
void gemm_avx512(matrix C, float beta, float alpha, const_matrix A, const_matrix B);

#endif
