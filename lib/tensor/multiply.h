/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products of the network in one of two precisions: C := beta C + A B as in tensor/gemm.h. */
#ifndef ECAN_TENSOR_MULTIPLY_H
#define ECAN_TENSOR_MULTIPLY_H

#include "tensor/matrix.h"

typedef enum precision {
    PRECISION_F32, /* gemm() */
    PRECISION_BF16 /* gemm_bf16(): factors are rounded to bfloat16, sums are floats */
} precision;

/* The faster one on this processor (tensor/processor.h). */
precision precision_fastest(void);

/* The rows or the columns of A and of B must be contiguous. Cannot fail. */
void multiply(precision p, matrix C, float beta, const_matrix A, const_matrix B);

/* The same in bfloat16 for a B that gemm_bf16_pack() packed. */
void multiply_packed(matrix C, float beta, const_matrix A, const float *packed);

#endif
