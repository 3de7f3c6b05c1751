/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/gemm_bf16.h"

#include "base/minmax.h"
#include "tensor/bf16_vectors.h"
#include "tensor/gemm.h"
#include "tensor/processor.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { M = GEMM_BF16_M, N = GEMM_BF16_N, K = GEMM_BF16_K };

/* Rows i .. i+rows-1 and columns j .. j+cols-1. */
static const_matrix part(const_matrix m, size_t i, size_t rows, size_t j, size_t cols)
{
    return (const_matrix){m.data + i * m.rs + j * m.cs, rows, cols, m.rs, m.cs};
}

static matrix part_of_result(matrix m, size_t i, size_t rows, size_t j, size_t cols)
{
    return (matrix){m.data + i * m.ld + j, rows, cols, m.ld};
}

/* C := beta C, for a product of no terms. */
static void scale(matrix C, float beta)
{
    for (size_t i = 0; i < C.rows; i++)
        for (size_t j = 0; j < C.cols; j++)
            C.data[i * C.ld + j] = beta != 0 ? beta * C.data[i * C.ld + j] : 0;
}

/* ---- portable ---- */

float bf16_round(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffff) > 0x7f800000)
        bits |= 0x400000; /* NaN */
    else
        bits += 0x7fff + (bits >> 16 & 1);
    bits &= 0xffff0000;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static const_matrix rounded(const_matrix m, float *to)
{
    for (size_t i = 0; i < m.rows; i++)
        for (size_t j = 0; j < m.cols; j++)
            to[i * m.cols + j] = bf16_round(m.data[i * m.rs + j * m.cs]);
    return const_rows(to, m.rows, m.cols);
}

/* C := beta C + A B for a packed part of B, of at most K rows and N columns. */
static void multiply_portable(matrix C, float beta, const_matrix A, const float *B, float *scratch)
{
    for (size_t i = 0; i < A.rows; i += M) {
        const size_t rows = min_size(A.rows - i, M);
        gemm(part_of_result(C, i, rows, 0, C.cols), beta, 1, rounded(part(A, i, rows, 0, A.cols), scratch),
             const_rows(B, A.cols, C.cols));
    }
}

/* ---- AVX512-BF16 ---- */

#ifdef BF16_VECTORS

/* The layout of the packed parts, for `pairs` = ceil(terms / 2):
 *
 *     B: [N / 64][pairs][64] pairs          A with contiguous rows:     [M][K / 2] pairs
 *                                           A with contiguous columns:  [pairs][M] pairs
 *
 * Rows and columns that the matrices lack, and the second number of the last pair, are 0. */
enum {
    ROWS = 6,     /* rows and columns of C of the kernel: 24 of the 32 registers */
    COLUMNS = 64, /* a part of B of this width fits the first cache */
    PAIRS = K / 2
};

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

BF16 static void pack_A(pair *to, const_matrix A)
{
    if (A.cs == 1)
        pack_rows(to, PAIRS, A, round_up(A.rows, ROWS));
    else
        pack_two_rows(to, M, transpose(A));
}

/* C[rows][cols] := beta C + A B for packed A and B; rows <= ROWS and cols <= 16 vectors. rs and ks: strides
 * of a row and of a pair of A. */
BF16_INLINE void kernel(const int vectors, matrix C, float beta, const pair *A, size_t rs, size_t ks,
                        const pair *B, size_t pairs)
{
    __m512 sum[ROWS][4];
    multiply_pairs(*sum, ROWS, 4, vectors, A, rs, ks, B, COLUMNS, pairs);
    const __mmask16 last = first(C.cols - (size_t)(vectors - 1) * LANES);
#pragma GCC unroll 6
    for (size_t i = 0; i < ROWS; i++) {
        if (i == C.rows)
            return;
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++) {
            float *c = C.data + i * C.ld + j * LANES;
            const __mmask16 mask = j == vectors - 1 ? last : (__mmask16)-1;
            if (beta != 0)
                sum[i][j] = _mm512_fmadd_ps(_mm512_set1_ps(beta), _mm512_maskz_loadu_ps(mask, c), sum[i][j]);
            _mm512_mask_storeu_ps(c, mask, sum[i][j]);
        }
    }
}

/* C := beta C + A B for packed parts. */
BF16 static void multiply_parts(matrix C, float beta, const pair *A, size_t rs, size_t ks, const pair *B,
                                size_t pairs)
{
    for (size_t j = 0; j < C.cols; j += COLUMNS, B += COLUMNS * pairs) {
        const size_t cols = min_size(C.cols - j, COLUMNS);
        for (size_t i = 0; i < C.rows; i += ROWS) {
            const matrix c = part_of_result(C, i, min_size(C.rows - i, ROWS), j, cols);
            const pair *a = A + i * rs;
            if (cols > 3 * LANES)
                kernel(4, c, beta, a, rs, ks, B, pairs);
            else if (cols > 2 * LANES)
                kernel(3, c, beta, a, rs, ks, B, pairs);
            else if (cols > LANES)
                kernel(2, c, beta, a, rs, ks, B, pairs);
            else
                kernel(1, c, beta, a, rs, ks, B, pairs);
        }
    }
}

BF16 static void pack_B(pair *to, const_matrix B, size_t pairs)
{
    for (size_t j = 0; j < B.cols; j += COLUMNS, to += COLUMNS * pairs) {
        const const_matrix panel = part(B, 0, B.rows, j, min_size(B.cols - j, COLUMNS));
        if (B.cs == 1)
            pack_two_rows(to, COLUMNS, panel);
        else
            pack_columns(to, COLUMNS, panel);
    }
}

/* The same as multiply_portable(). */
static void multiply_fast(matrix C, float beta, const_matrix A, const float *B, float *scratch)
{
    pair *const a = (pair *)(void *)scratch;
    const bool by_rows = A.cs == 1;
    for (size_t i = 0; i < A.rows; i += M) {
        const size_t rows = min_size(A.rows - i, M);
        pack_A(a, part(A, i, rows, 0, A.cols));
        multiply_parts(part_of_result(C, i, rows, 0, C.cols), beta, a, by_rows ? PAIRS : 1, by_rows ? 1 : M,
                       (const pair *)(const void *)B, (A.cols + 1) / 2);
    }
}

static void pack_fast(float *to, const_matrix B)
{
    pack_B((pair *)(void *)to, B, (B.rows + 1) / 2);
}

bool gemm_bf16_has_instructions(void)
{
    return processor_has_bf16();
}

#else

enum { COLUMNS = 1 };

static void multiply_fast(matrix C, float beta, const_matrix A, const float *B, float *scratch)
{
    multiply_portable(C, beta, A, B, scratch);
}

static void pack_fast(float *to, const_matrix B)
{
    rounded(B, to);
}

bool gemm_bf16_has_instructions(void)
{
    return false;
}

#endif

/* ---- products of any size ---- */

/* The floats of a packed part of B. Packed parts follow each other: those of the first K rows, N columns
 * each, then those of the next rows. */
static size_t part_size(bool fast, size_t rows, size_t cols)
{
    return fast ? (rows + 1) / 2 * ((cols + COLUMNS - 1) / COLUMNS * COLUMNS) : rows * cols;
}

static void pack_part(bool fast, float *to, const_matrix B)
{
    if (fast)
        pack_fast(to, B);
    else
        rounded(B, to);
}

/* C := beta C + A B of packed, or, if that is NULL, of B. */
static void product(bool fast, matrix C, float beta, const_matrix A, const_matrix B, const float *packed,
                    float *scratch)
{
    assert((A.rs == 1 || A.cs == 1) && A.rows == C.rows);
    if (A.cols == 0)
        scale(C, beta);
    for (size_t k = 0; k < A.cols; k += K) {
        const size_t terms = min_size(A.cols - k, K);
        for (size_t j = 0; j < C.cols; j += N) {
            const size_t cols = min_size(C.cols - j, N);
            const float *b = packed;
            if (packed)
                packed += part_size(fast, terms, cols);
            else
                pack_part(fast, scratch + M * K, part(B, k, terms, j, cols)), b = scratch + M * K;
            (fast ? multiply_fast : multiply_portable)(part_of_result(C, 0, C.rows, j, cols), k ? 1 : beta,
                                                       part(A, 0, A.rows, k, terms), b, scratch);
        }
    }
}

void gemm_bf16(matrix C, float beta, const_matrix A, const_matrix B, float *scratch)
{
    assert(B.cols == C.cols && A.cols == B.rows && (B.rs == 1 || B.cs == 1));
    product(gemm_bf16_has_instructions(), C, beta, A, B, NULL, scratch);
}

void gemm_bf16_portable(matrix C, float beta, const_matrix A, const_matrix B, float *scratch)
{
    product(false, C, beta, A, B, NULL, scratch);
}

size_t gemm_bf16_packed(size_t rows, size_t cols)
{
    return part_size(gemm_bf16_has_instructions(), rows, cols); /* K is even, and N a multiple of COLUMNS */
}

void gemm_bf16_pack(float *packed, const_matrix B)
{
    const bool fast = gemm_bf16_has_instructions();
    for (size_t k = 0; k < B.rows; k += K) {
        const size_t terms = min_size(B.rows - k, K);
        for (size_t j = 0; j < B.cols; j += N) {
            const size_t cols = min_size(B.cols - j, N);
            pack_part(fast, packed, part(B, k, terms, j, cols));
            packed += part_size(fast, terms, cols);
        }
    }
}

void gemm_bf16_with(matrix C, float beta, const_matrix A, const float *packed, float *scratch)
{
    product(gemm_bf16_has_instructions(), C, beta, A, (const_matrix){0}, packed, scratch);
}
