/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in bfloat16 in the vectors of AVX512-BF16, for the files of lib/tensor that multiply them.
 * BF16_VECTORS is defined if the compiler has these instructions. */
#ifndef ECAN_TENSOR_BF16_VECTORS_H
#define ECAN_TENSOR_BF16_VECTORS_H

#include "base/minmax.h"
#include "tensor/avx512.h"
#include "tensor/matrix.h"

#include <stdint.h>

/* The instruction adds the products of two pairs of numbers to a float. So elements k and k+1 of a row of the
 * left factor, or of a column of the right one, are adjacent, as a pair of 32 bits. */
typedef uint32_t pair;

#if defined(AVX512_VECTORS) && __GNUC__ >= 10
#define BF16_VECTORS 1

#define BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#define BF16_INLINE                                                                                          \
    static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))

/* The numbers of two vectors, rounded: those of low, then those of high. */
BF16_INLINE __m512i round_both(__m512 low, __m512 high)
{
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/* Elements 2i and 2i+1 of the n floats from x on, as pair i < 16. */
BF16_INLINE __m512i pairs_along(const float *x, size_t n)
{
    return round_both(_mm512_maskz_loadu_ps(first(n), x),
                      n > LANES ? _mm512_maskz_loadu_ps(first(n - LANES), x + LANES) : _mm512_setzero_ps());
}

/* Element i of x and of y as pair i. */
BF16_INLINE __m512i pairs_of(__m512 x, __m512 y)
{
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23,
                                           7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, round_both(x, y));
}

/* The same for n <= 16 elements in memory. y may be NULL: 0. */
BF16_INLINE __m512i pairs_across(const float *x, const float *y, size_t n)
{
    const __mmask16 mask = first(n);
    return pairs_of(_mm512_maskz_loadu_ps(mask, x), y ? _mm512_maskz_loadu_ps(mask, y) : _mm512_setzero_ps());
}

/* to[i][ld]: the rows of X, whose elements are contiguous, and rows of 0 up to `rows`. */
BF16_INLINE void pack_rows(pair *to, size_t ld, const_matrix X, size_t rows)
{
    for (size_t i = 0; i < rows; i++, to += ld)
        for (size_t k = 0; k < X.cols; k += 2 * LANES)
            _mm512_store_si512(to + k / 2, i < X.rows ? pairs_along(X.data + i * X.rs + k, X.cols - k)
                                                      : _mm512_setzero_si512());
}

/* to[pair][ld]: the rows 2 pair and 2 pair + 1 of X, whose rows are contiguous. */
BF16_INLINE void pack_two_rows(pair *to, size_t ld, const_matrix X)
{
    for (size_t k = 0; k < X.rows; k += 2, to += ld)
        for (size_t j = 0; j < X.cols; j += LANES) {
            const float *x = X.data + k * X.rs + j;
            _mm512_store_si512(to + j, pairs_across(x, k + 1 < X.rows ? x + X.rs : NULL, X.cols - j));
        }
}

/* to[pair][ld]: the same for B, whose columns are contiguous. */
BF16_INLINE void pack_columns(pair *to, size_t ld, const_matrix B)
{
    __m512i v[LANES];
    for (size_t j = 0; j < B.cols; j += LANES)
        for (size_t k = 0; k < B.rows; k += 2 * LANES) {
#pragma GCC unroll 16
            for (size_t i = 0; i < LANES; i++)
                v[i] = j + i < B.cols ? pairs_along(B.data + (j + i) * B.cs + k, B.rows - k)
                                      : _mm512_setzero_si512();
            transpose_lanes(v);
            const size_t pairs = min_size(LANES, (B.rows - k + 1) / 2);
            for (size_t i = 0; i < pairs; i++)
                _mm512_store_si512(to + (k / 2 + i) * ld + j, v[i]);
        }
}

/* sum[rows][width] := A B for packed factors, of which the first `vectors` of width are computed. Element (i,
 * k) of A is A[i * rs + k * ks], and rows of B are ldb apart. rows, width and vectors are constants where
 * this is inlined, so that sum is in registers. */
BF16_INLINE void multiply_pairs(__m512 *sum, const int rows, const int width, const int vectors,
                                const pair *A, size_t rs, size_t ks, const pair *B, size_t ldb, size_t pairs)
{
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sum[i * width + j] = _mm512_setzero_ps();
    for (size_t k = 0; k < pairs; k++, A += ks, B += ldb) {
        __m512i b[4];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            b[j] = _mm512_load_si512(B + j * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++) {
            const __m512i a = _mm512_set1_epi32((int)A[(size_t)i * rs]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                sum[i * width + j] = _mm512_dpbf16_ps(sum[i * width + j], (__m512bh)b[j], (__m512bh)a);
        }
    }
}

#endif
#endif
