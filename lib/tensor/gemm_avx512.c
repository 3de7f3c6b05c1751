/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/gemm_avx512.h"

#include "base/minmax.h"
#include "tensor/avx512.h"
#include "tensor/processor.h"

#include <assert.h>

#ifdef AVX512_VECTORS

/* The kernel has 8 rows and 3 vectors of columns of C: 24 of the 32 registers. */
enum { ROWS = 8, VECTORS = 3, TERMS = 384, LAST_TERMS = 480 };

/* Columns of B, packed: [terms][vectors][16]. */
static _Thread_local _Alignas(64) float packed[LAST_TERMS * VECTORS * LANES];

/* The block of C, of `rows` rows and `cols` columns: C := beta C + alpha A B. Element (i, k) of A is row[i][k
 * * step]. */
typedef struct block {
    float *C;
    size_t ld, rows, cols;
    float alpha, beta;
    const float *row[ROWS];
    size_t step, terms;
} block;

AVX512_INLINE void kernel(const int vectors, const block *x)
{
    __m512 sum[ROWS][VECTORS];
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; i++)
#pragma GCC unroll 3
        for (int j = 0; j < vectors; j++)
            sum[i][j] = _mm512_setzero_ps();
    const float *row[ROWS], *b = packed;
#pragma GCC unroll 8
    for (int i = 0; i < ROWS; i++)
        row[i] = x->row[i];
    const size_t end = x->terms * x->step, step = x->step;
    for (size_t k = 0; k < end; k += step, b += vectors * LANES) {
        __m512 of_B[VECTORS];
#pragma GCC unroll 3
        for (int j = 0; j < vectors; j++)
            of_B[j] = _mm512_load_ps(b + j * LANES);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            const __m512 of_A = _mm512_set1_ps(row[i][k]);
#pragma GCC unroll 3
            for (int j = 0; j < vectors; j++)
                sum[i][j] = _mm512_fmadd_ps(of_A, of_B[j], sum[i][j]);
        }
    }
    const __mmask16 last = first(x->cols - (size_t)(vectors - 1) * LANES);
    const __m512 alpha = _mm512_set1_ps(x->alpha), beta = _mm512_set1_ps(x->beta);
    const bool scaled = x->alpha != 1, added = x->beta != 0;
    const size_t rows = x->rows, ld = x->ld;
    float *c = x->C;
#pragma GCC unroll 8
    for (size_t i = 0; i < ROWS; i++, c += ld) {
        if (i == rows)
            return;
#pragma GCC unroll 3
        for (int j = 0; j < vectors; j++) {
            const __mmask16 mask = j == vectors - 1 ? last : (__mmask16)-1;
            __m512 y = sum[i][j];
            if (scaled)
                y = _mm512_mul_ps(alpha, y);
            if (added)
                y = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(mask, c + j * LANES), y);
            _mm512_mask_storeu_ps(c + j * LANES, mask, y);
        }
    }
}

/* A function for each width: if the compiler inlines several into one, it has too few registers. */
AVX512 __attribute__((noinline)) static void kernel_1(const block *x)
{
    kernel(1, x);
}

AVX512 __attribute__((noinline)) static void kernel_2(const block *x)
{
    kernel(2, x);
}

AVX512 __attribute__((noinline)) static void kernel_3(const block *x)
{
    kernel(3, x);
}

/* The columns column .. column+cols-1 of the rows k .. k+terms-1 of B. */
AVX512 static void pack_rows(const_matrix B, size_t k, size_t terms, size_t column, size_t cols,
                             size_t vectors)
{
    float *to = packed;
    for (size_t i = 0; i < terms; i++)
        for (size_t j = 0; j < vectors * LANES; j += LANES, to += LANES)
            _mm512_store_ps(to, _mm512_maskz_loadu_ps(first(cols - j), B.data + (k + i) * B.rs + column + j));
}

/* The same for a matrix whose columns are contiguous. */
AVX512 static void pack_columns(const_matrix B, size_t k, size_t terms, size_t column, size_t cols,
                                size_t vectors)
{
    __m512i v[LANES];
    for (size_t j = 0; j < vectors * LANES; j += LANES)
        for (size_t i = 0; i < terms; i += LANES) {
            const size_t n = min_size(terms - i, LANES);
#pragma GCC unroll 16
            for (size_t c = 0; c < LANES; c++)
                v[c] = j + c < cols
                           ? _mm512_maskz_loadu_epi32(first(n), B.data + (column + j + c) * B.cs + k + i)
                           : _mm512_setzero_si512();
            transpose_lanes(v);
            for (size_t t = 0; t < n; t++)
                _mm512_store_si512(packed + (i + t) * vectors * LANES + j, v[t]);
        }
}

/* Columns are divided into parts of nearly equal width, because a narrow part takes as many loads of A. */
void gemm_avx512(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    assert(B.cs == 1 || B.rs == 1);
    block x = {.ld = C.ld, .alpha = alpha, .step = A.cs};
    for (size_t k = 0; k < A.cols; k += x.terms) {
        x.terms = A.cols - k > LAST_TERMS ? TERMS : A.cols - k;
        x.beta = k ? 1 : beta;
        size_t parts = (C.cols + VECTORS * LANES - 1) / (VECTORS * LANES);
        for (size_t column = 0; parts > 0; column += x.cols, parts--) {
            const size_t left = (C.cols - column + LANES - 1) / LANES, vectors = (left + parts - 1) / parts;
            x.cols = min_size(vectors * LANES, C.cols - column);
            (B.cs == 1 ? pack_rows : pack_columns)(B, k, x.terms, column, x.cols, vectors);
            for (size_t i = 0; i < C.rows; i += ROWS) {
                x.rows = min_size(C.rows - i, ROWS);
                x.C = C.data + i * C.ld + column;
                for (size_t r = 0; r < ROWS; r++)
                    x.row[r] = A.data + (i + min_size(r, x.rows - 1)) * A.rs + k * A.cs;
                (vectors == 3 ? kernel_3 : vectors == 2 ? kernel_2 : kernel_1)(&x);
            }
        }
    }
}

bool gemm_avx512_is_possible(void)
{
    return processor_has_avx512();
}

#else

bool gemm_avx512_is_possible(void)
{
    return false;
}

void gemm_avx512(matrix C, float beta, float alpha, const_matrix A, const_matrix B)
{
    (void)C, (void)beta, (void)alpha, (void)A, (void)B;
    assert(!"gemm_avx512() without AVX-512");
}

#endif
