/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products with factors in bfloat16 and sums in float:
 *
 *     C := beta C + A B        A[M][K]  B[K][N]  C[M][N]
 *
 * A, B and C have floats. The elements of A and B are rounded to bfloat16, a float with 8 bits of precision
 * and the exponent of float, to the nearest and ties to even. Products of two such numbers are exact in
 * float, and their sums are rounded as floats. So the result differs from that of gemm() by about 2^-9 of the
 * sum of the absolute products.
 *
 * Processors with AVX512-BF16 (Cooper Lake, Sapphire Rapids, Zen 4 and later) do twice as many of these
 * multiplications in an instruction as of floats. On those of AMD this is twice as fast as gemm(), on those
 * of Intel slower (tensor/processor.h). On other processors the elements are rounded in the same way, and
 * gemm() multiplies them as floats: correct, and a little slower than without rounding.
 *
 * Either the rows or the columns of A and of B must be contiguous (a stride of 1). Otherwise as gemm(): K ==
 * 0 gives C := beta C, and with beta == 0 the contents of C are not read. A call runs in the calling thread.
 * Equal shapes and numbers give bit-identical results on processors with the same instructions. Cannot fail.
 */
#ifndef ECAN_TENSOR_GEMM_BF16_H
#define ECAN_TENSOR_GEMM_BF16_H

#include "tensor/matrix.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    GEMM_BF16_M =
        192, /* rows of A, columns of B and terms of a sum at a time: the parts fit the cache of a core */
    GEMM_BF16_N = 256,
    GEMM_BF16_K = 256,
    GEMM_BF16_SCRATCH = (GEMM_BF16_M + GEMM_BF16_N) * GEMM_BF16_K /* floats */
};

/* scratch[GEMM_BF16_SCRATCH] is aligned to 64 bytes (base/mem.h) and borrowed. */
void gemm_bf16(matrix C, float beta, const_matrix A, const_matrix B, float *scratch);

/* The same in two steps, for a B of many products: packed[gemm_bf16_packed(B.rows, B.cols)] := B in the
 * layout of the kernel, then C := beta C + A B. The result is that of gemm_bf16(), bit for bit. packed is
 * aligned to 64 bytes. Several may be adjacent: with AVX512-BF16 their sizes are multiples of that. */
size_t gemm_bf16_packed(size_t rows, size_t cols);
void gemm_bf16_pack(float *packed, const_matrix B);
void gemm_bf16_with(matrix C, float beta, const_matrix A, const float *packed, float *scratch);

/* The same without the instructions of AVX512-BF16. */
void gemm_bf16_portable(matrix C, float beta, const_matrix A, const_matrix B, float *scratch);

/* Whether this processor, and the kernel, have the instructions. */
bool gemm_bf16_has_instructions(void);

/* x rounded to bfloat16. NaN stays NaN. */
float bf16_round(float x);

#endif
