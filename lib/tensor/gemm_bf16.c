/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/gemm_bf16.h"

#include "base/minmax.h"
#include "tensor/bf16_vectors.h"
#include "tensor/gemm.h"

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

void gemm_bf16_portable(matrix C, float beta, const_matrix A, const_matrix B, float *scratch)
{
    if (A.cols == 0)
        scale(C, beta);
    for (size_t k = 0; k < A.cols; k += K) {
        const size_t terms = min_size(A.cols - k, K);
        for (size_t j = 0; j < B.cols; j += N) {
            const size_t cols = min_size(B.cols - j, N);
            const const_matrix b = rounded(part(B, k, terms, j, cols), scratch + M * K);
            for (size_t i = 0; i < A.rows; i += M) {
                const size_t rows = min_size(A.rows - i, M);
                gemm(part_of_result(C, i, rows, j, cols), k ? 1 : beta, 1,
                     rounded(part(A, i, rows, k, terms), scratch), b);
            }
        }
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

static void gemm_bf16_fast(matrix C, float beta, const_matrix A, const_matrix B, float *scratch)
{
    pair *const a = (pair *)(void *)scratch, *const b = a + M * PAIRS;
    const bool by_rows = A.cs == 1;
    for (size_t k = 0; k < A.cols; k += K) {
        const size_t terms = min_size(A.cols - k, K), pairs = (terms + 1) / 2;
        for (size_t j = 0; j < B.cols; j += N) {
            const size_t cols = min_size(B.cols - j, N);
            pack_B(b, part(B, k, terms, j, cols), pairs);
            for (size_t i = 0; i < A.rows; i += M) {
                const size_t rows = min_size(A.rows - i, M);
                pack_A(a, part(A, i, rows, k, terms));
                multiply_parts(part_of_result(C, i, rows, j, cols), k ? 1 : beta, a, by_rows ? PAIRS : 1,
                               by_rows ? 1 : M, b, pairs);
            }
        }
    }
}

bool gemm_bf16_is_fast(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bf16");
}

#else

static void gemm_bf16_fast(matrix C, float beta, const_matrix A, const_matrix B, float *scratch)
{
    gemm_bf16_portable(C, beta, A, B, scratch);
}

bool gemm_bf16_is_fast(void)
{
    return false;
}

#endif

void gemm_bf16(matrix C, float beta, const_matrix A, const_matrix B, float *scratch)
{
    assert(A.rows == C.rows && B.cols == C.cols && A.cols == B.rows);
    assert((A.rs == 1 || A.cs == 1) && (B.rs == 1 || B.cs == 1));
    if (A.cols == 0)
        scale(C, beta);
    else if (gemm_bf16_is_fast())
        gemm_bf16_fast(C, beta, A, B, scratch);
    else
        gemm_bf16_portable(C, beta, A, B, scratch);
}
