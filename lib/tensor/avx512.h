/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of AVX-512, for the files of lib/tensor that multiply matrices. AVX512_VECTORS is defined if the
 * compiler has these instructions. */
#ifndef ECAN_TENSOR_AVX512_H
#define ECAN_TENSOR_AVX512_H

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define AVX512_VECTORS 1
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq")))
#define AVX512_INLINE                                                                                        \
    static inline __attribute__((always_inline, target("avx512f,avx512bw,avx512vl,avx512dq")))

enum { LANES = 16 }; /* floats or pairs of a vector */

AVX512_INLINE __mmask16 first(size_t n)
{
    return n < LANES ? (__mmask16)((1u << n) - 1) : (__mmask16)-1;
}

/* Transposes 16 vectors of 16 numbers of 32 bits. */
AVX512_INLINE void transpose_lanes(__m512i v[LANES])
{
    __m512i a[LANES];
#pragma GCC unroll 8
    for (int i = 0; i < LANES; i += 2) { /* within 2 x 2 */
        a[i] = _mm512_unpacklo_epi32(v[i], v[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(v[i], v[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i += 4) { /* within 4 x 4 */
        v[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        v[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        v[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        v[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) { /* the quarters of a vector */
        a[i] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88);
        a[i + 4] = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xdd);
        a[i + 8] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88);
        a[i + 12] = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xdd);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[i] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0x88);
        v[i + 4] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0x88);
        v[i + 8] = _mm512_shuffle_i32x4(a[i], a[i + 8], 0xdd);
        v[i + 12] = _mm512_shuffle_i32x4(a[i + 4], a[i + 12], 0xdd);
    }
}

#endif
#endif
