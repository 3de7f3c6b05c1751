/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/attention_bf16.h"

#include "tensor/bf16_vectors.h"
#include "tensor/gemm_bf16.h"
#include "tensor/multiply.h"
#include "tensor/ops.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void attention_bf16_plain(float *V, float *Z, int32_t *at, const attention_words *w, const_matrix Q,
                          float *scratch)
{
    const size_t T = w->K.rows, n = Q.rows;
    multiply(PRECISION_BF16, matrix_rows(scratch, T, n), 0, w->K, transpose(Q));
    ops_softmax(scratch, w->bias, Z, at, T, n, n);
    multiply(PRECISION_BF16, matrix_rows(V, n, w->H.cols), 0, transpose(const_rows(scratch, T, n)), w->H);
}

#ifdef BF16_VECTORS

/* The kernel has 8 rows and 3 vectors of columns: 24 of the 32 registers. Labels are the columns of the first
 * product and the rows of the second, in groups of 48, which is a multiple of both. */
enum { ROWS = 8, VECTORS = 3, GROUP = VECTORS * LANES, WORDS = 256 };

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* Keys: [T][key_pairs] along d, T rounded up to ROWS. H: [pairs along T][columns]. */
static size_t key_pairs(size_t d)
{
    return round_up(d, 2 * LANES) / 2;
}

static size_t keys_size(size_t T, size_t d)
{
    return round_up(T, ROWS) * key_pairs(d);
}

/* Queries: [groups][key_pairs][GROUP]. Then for the words of a part and a group S[WORDS][GROUP], and the same
 * rounded and packed along the words: P[WORDS / 2][GROUP]. */
typedef struct scratch_arrays {
    pair *Q, *P;
    float *S, *max, *before; /* max[LABELS], before[GROUP] */
} scratch_arrays;

static scratch_arrays divide(float *memory, size_t d, size_t n)
{
    scratch_arrays s;
    s.Q = (pair *)(void *)memory;
    s.P = s.Q + round_up(n, GROUP) * key_pairs(d);
    s.S = memory + round_up(n, GROUP) * key_pairs(d) + WORDS / 2 * GROUP;
    s.max = s.S + WORDS * GROUP;
    s.before = s.max + ATTENTION_BF16_LABELS;
    return s;
}

static size_t scratch_size(size_t d, size_t n)
{
    return round_up(n, GROUP) * key_pairs(d) + WORDS / 2 * GROUP + WORDS * GROUP + ATTENTION_BF16_LABELS +
           GROUP;
}

BF16 static void pack_words(const attention_words *w)
{
    const size_t T = w->K.rows, ld = round_up(w->H.cols, LANES);
    pair *to = (pair *)(void *)w->packed;
    pack_rows(to, key_pairs(w->K.cols), w->K, round_up(T, ROWS));
    pack_two_rows(to + keys_size(T, w->K.cols), ld, w->H);
}

BF16 static void pack_queries(pair *to, const_matrix Q)
{
    const size_t size = key_pairs(Q.cols) * GROUP;
    for (size_t first_label = 0; first_label < Q.rows; first_label += GROUP, to += size) {
        const const_matrix q =
            const_rows_ld(Q.data + first_label * Q.rs, min_size(Q.rows - first_label, GROUP), Q.cols, Q.rs);
        pack_columns(to, GROUP, transpose(q));
    }
}

/* 2^x for x <= 0; 2^-126 for smaller x. A polynomial for 2^r with |r| <= 1/2, its error below 2e-7. */
BF16_INLINE __m512 exp2_negative(__m512 x)
{
    x = _mm512_max_ps(_mm512_set1_ps(-126), x); /* keeps NaN */
    const __m512 k = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
                 r = _mm512_sub_ps(x, k);
    __m512 p = _mm512_set1_ps(1.3333558e-3f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.6181291e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.5504109e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.4022651e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.9314718e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
    return _mm512_scalef_ps(p, k);
}

BF16_INLINE __m512 exp_difference(__m512 x, __m512 max)
{
    return exp2_negative(_mm512_mul_ps(_mm512_sub_ps(x, max), _mm512_set1_ps(1.44269504f)));
}

/* S[rows][GROUP] = K Q' + bias for words t .. t+rows-1, and the maximum over the words until then. */
BF16_INLINE void score(const int vectors, float *S, float *max, int32_t *at, const pair *K, size_t stride,
                       const float *bias, const pair *Q, size_t pairs, size_t t, size_t rows)
{
    __m512 sum[ROWS][VECTORS];
    multiply_pairs(*sum, ROWS, VECTORS, vectors, K, stride, 1, Q, GROUP, pairs);
#pragma GCC unroll 3
    for (int j = 0; j < vectors; j++) {
        __m512 m = _mm512_load_ps(max + j * LANES);
        __m512i where = _mm512_loadu_si512(at + j * LANES);
#pragma GCC unroll 8
        for (size_t i = 0; i < ROWS; i++)
            if (i < rows) {
                const __m512 s = bias ? _mm512_add_ps(sum[i][j], _mm512_set1_ps(bias[t + i])) : sum[i][j];
                const __mmask16 larger = _mm512_cmp_ps_mask(s, m, _CMP_GT_OQ);
                m = _mm512_mask_mov_ps(m, larger, s);
                where = _mm512_mask_mov_epi32(where, larger, _mm512_set1_epi32((int)(t + i)));
                _mm512_store_ps(S + i * GROUP + j * LANES, s);
            }
        _mm512_store_ps(max + j * LANES, m);
        _mm512_storeu_si512(at + j * LANES, where);
    }
}

/* P = exp(S - max) of `words` words, Z = Z factor + their sum, factor = exp(before - max). */
BF16_INLINE void exponentiate(pair *P, float *Z, float *factor, const float *S, const float *max,
                              size_t words)
{
    const __m512 m = _mm512_load_ps(max), zero = _mm512_setzero_ps();
    __m512 z[2] = {zero, zero};
    for (size_t t = 0; t < words; t += 2, S += 2 * GROUP, P += GROUP) {
        const __m512 x = exp_difference(_mm512_load_ps(S), m),
                     y = t + 1 < words ? exp_difference(_mm512_load_ps(S + GROUP), m) : zero;
        z[0] = _mm512_add_ps(z[0], x);
        z[1] = _mm512_add_ps(z[1], y);
        _mm512_store_si512(P, pairs_of(x, y));
    }
    const __m512 f = exp_difference(_mm512_load_ps(factor), m);
    _mm512_store_ps(factor, f);
    _mm512_storeu_ps(Z, _mm512_fmadd_ps(f, _mm512_loadu_ps(Z), _mm512_add_ps(z[0], z[1])));
}

/* V = factor V + P' H for `rows` labels. Without factor V = P' H. */
BF16_INLINE void add_means(const int vectors, float *V, const float *factor, const pair *P, const pair *H,
                           size_t ld, size_t pairs, size_t rows)
{
    __m512 sum[ROWS][VECTORS];
    multiply_pairs(*sum, ROWS, VECTORS, vectors, P, 1, GROUP, H, ld, pairs);
#pragma GCC unroll 8
    for (size_t i = 0; i < ROWS; i++)
        if (i < rows)
#pragma GCC unroll 3
            for (int j = 0; j < vectors; j++) {
                float *v = V + i * ld + j * LANES;
                _mm512_store_ps(
                    v, factor ? _mm512_fmadd_ps(_mm512_set1_ps(factor[i]), _mm512_load_ps(v), sum[i][j])
                              : sum[i][j]);
            }
}

/* A function for each width: if the compiler inlines several into one, it has too few registers. */
#define WIDTH(n)                                                                                             \
    BF16 __attribute__((noinline)) static void score_##n(float *S, float *max, int32_t *at, const pair *K,   \
                                                         size_t stride, const float *bias, const pair *Q,    \
                                                         size_t pairs, size_t t, size_t rows)                \
    {                                                                                                        \
        score(n, S, max, at, K, stride, bias, Q, pairs, t, rows);                                            \
    }                                                                                                        \
    BF16 __attribute__((noinline)) static void add_means_##n(                                                \
        float *V, const float *factor, const pair *P, const pair *H, size_t ld, size_t pairs, size_t rows)   \
    {                                                                                                        \
        add_means(n, V, factor, P, H, ld, pairs, rows);                                                      \
    }
WIDTH(1)
WIDTH(2)
WIDTH(3)

static void score_words(size_t width, const scratch_arrays *s, float *max, int32_t *at,
                        const attention_words *w, const pair *Q, size_t t, size_t words)
{
    const size_t d = w->K.cols, stride = key_pairs(d), pairs = (d + 1) / 2;
    const pair *K = (const pair *)(const void *)w->packed + t * stride;
    for (size_t i = 0; i < words; i += ROWS)
        (width == 3   ? score_3
         : width == 2 ? score_2
                      : score_1)(s->S + i * GROUP, max, at, K + i * stride, stride, w->bias, Q, pairs, t + i,
                                 min_size(words - i, ROWS));
}

/* The columns of V are divided into parts of nearly equal width. */
static void add_all_means(float *V, const float *factor, const pair *P, const pair *H, size_t ld,
                          size_t pairs, size_t n)
{
    size_t parts = (ld / LANES + VECTORS - 1) / VECTORS;
    for (size_t column = 0, width; parts > 0; column += width * LANES, parts--) {
        width = ((ld - column) / LANES + parts - 1) / parts;
        for (size_t j = 0; j < n; j += ROWS)
            (width == 3   ? add_means_3
             : width == 2 ? add_means_2
                          : add_means_1)(V + j * ld + column, factor ? factor + j : NULL, P + j, H + column,
                                         ld, pairs, min_size(n - j, ROWS));
    }
}

BF16 static void attend_packed(float *V, float *Z, int32_t *at, const attention_words *w, const_matrix Q,
                               float *scratch)
{
    const size_t T = w->K.rows, n = Q.rows, ld = round_up(w->H.cols, LANES);
    const scratch_arrays s = divide(scratch, Q.cols, n);
    const pair *H = (const pair *)(const void *)w->packed + keys_size(T, Q.cols);
    float sums[ATTENTION_BF16_LABELS] = {0};
    int32_t peaks[ATTENTION_BF16_LABELS] = {0};
    for (size_t j = 0; j < ATTENTION_BF16_LABELS; j++)
        s.max[j] = -INFINITY;
    pack_queries(s.Q, Q);
    for (size_t t = 0; t < T; t += WORDS) {
        const size_t words = min_size(T - t, WORDS);
        for (size_t g = 0; g < n; g += GROUP) {
            const size_t labels = min_size(n - g, GROUP);
            float *factor = s.before;
            memcpy(factor, s.max + g, GROUP * sizeof *factor);
            score_words((labels + LANES - 1) / LANES, &s, s.max + g, peaks + g, w,
                        s.Q + g * key_pairs(Q.cols), t, words);
            for (size_t j = 0; j < labels; j += LANES)
                exponentiate(s.P + j, sums + g + j, factor + j, s.S + j, s.max + g + j, words);
            add_all_means(V + g * ld, t ? factor : NULL, s.P, H + t / 2 * ld, ld, (words + 1) / 2, labels);
        }
    }
    memcpy(Z, sums, n * sizeof *Z);
    memcpy(at, peaks, n * sizeof *at);
}

size_t attention_bf16_words(size_t T, size_t d, size_t D)
{
    return gemm_bf16_has_instructions() ? keys_size(T, d) + (T + 1) / 2 * round_up(D, LANES) : 0;
}

size_t attention_bf16_V(size_t n, size_t D)
{
    return n * round_up(D, LANES);
}

size_t attention_bf16_scratch(size_t T, size_t d, size_t n)
{
    return gemm_bf16_has_instructions() ? scratch_size(d, n) : T * n;
}

void attention_bf16_pack(const attention_words *w)
{
    if (gemm_bf16_has_instructions())
        pack_words(w);
}

size_t attention_bf16(float *V, float *Z, int32_t *at, const attention_words *w, const_matrix Q,
                      float *scratch)
{
    assert(Q.rows <= ATTENTION_BF16_LABELS && Q.cs == 1);
    if (gemm_bf16_has_instructions()) {
        attend_packed(V, Z, at, w, Q, scratch);
        return round_up(w->H.cols, LANES);
    }
    attention_bf16_plain(V, Z, at, w, Q, scratch);
    return w->H.cols;
}

#else

size_t attention_bf16_words(size_t T, size_t d, size_t D)
{
    (void)T, (void)d, (void)D;
    return 0;
}

size_t attention_bf16_V(size_t n, size_t D)
{
    return n * D;
}

size_t attention_bf16_scratch(size_t T, size_t d, size_t n)
{
    (void)d;
    return T * n;
}

void attention_bf16_pack(const attention_words *w)
{
    (void)w;
}

size_t attention_bf16(float *V, float *Z, int32_t *at, const attention_words *w, const_matrix Q,
                      float *scratch)
{
    attention_bf16_plain(V, Z, at, w, Q, scratch);
    return w->H.cols;
}

#endif
