/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/multiply.h"

#include "tensor/gemm.h"
#include "tensor/gemm_bf16.h"
#include "tensor/processor.h"

/* Memory for packed matrices, as BLIS has its own for gemm(). Threads that never use bfloat16 do not touch
 * it. */
static _Thread_local _Alignas(64) float scratch[GEMM_BF16_SCRATCH];

precision precision_fastest(void)
{
    const processor here = processor_here();
    return gemm_bf16_has_instructions() && processor_prefers_bf16(&here) ? PRECISION_BF16 : PRECISION_F32;
}

void multiply(precision p, matrix C, float beta, const_matrix A, const_matrix B)
{
    if (p == PRECISION_BF16)
        gemm_bf16(C, beta, A, B, scratch);
    else
        gemm(C, beta, 1, A, B);
}

void multiply_packed(matrix C, float beta, const_matrix A, const float *packed)
{
    gemm_bf16_with(C, beta, A, packed, scratch);
}
