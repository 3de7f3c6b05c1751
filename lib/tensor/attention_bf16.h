/* SPDX-License-Identifier: Apache-2.0 */
/* Attention of labels to the words of a document, with factors in bfloat16 and sums in float:
 *
 *     S[t][j] = exp(K[t] Q[j]' + bias[t] - max_t)    Z[j] = sum_t S[t][j]    V[j] = sum_t S[t][j] H[t]
 *
 * K[T][d] are the keys of the words, Q[n][d] the queries of the labels. K = H if the queries have the size of
 * H. The weights of a label are S / Z, and its weighted mean is V / Z.
 *
 * On processors with AVX512-BF16, K and H are rounded and packed once for all labels. S is never stored for
 * all words: words are processed in parts, and the sums of a label over the parts before are multiplied by
 * exp(max before - max). On other processors these are two products of multiply() and a softmax. */
#ifndef ECAN_TENSOR_ATTENTION_BF16_H
#define ECAN_TENSOR_ATTENTION_BF16_H

#include "tensor/matrix.h"

#include <stdint.h>

/* Labels at a time, for good use of the vectors and the cache. */
enum { ATTENTION_BF16_LABELS = 240 };

/* The words of a document. The arrays are borrowed. */
typedef struct attention_words {
    const_matrix K, H; /* [T][d], [T][D] */
    const float *bias; /* [T]; NULL: 0 */
    float *packed;     /* [attention_bf16_words()] */
} attention_words;

/* Numbers of floats that the functions below need in the memory of the caller, aligned to 64 bytes. */
size_t attention_bf16_words(size_t T, size_t d, size_t D);   /* of packed */
size_t attention_bf16_V(size_t n, size_t D);                 /* of V, with unused columns */
size_t attention_bf16_scratch(size_t T, size_t d, size_t n); /* for n labels */

/* Packs K and H. */
void attention_bf16_pack(const attention_words *w);

/* Z[n], at[n]: the first word of the largest weight of each label, and V[n], with D numbers in each row. Q
 * has contiguous rows. n <= ATTENTION_BF16_LABELS. T > 0. Returns the row stride of V. NaN in K, H or Q gives
 * NaN. */
size_t attention_bf16(float *V, float *Z, int32_t *at, const attention_words *w, const_matrix Q,
                      float *scratch);

/* The same without packing, V without unused columns; scratch[T][n]. */
void attention_bf16_plain(float *V, float *Z, int32_t *at, const attention_words *w, const_matrix Q,
                          float *scratch);

#endif
