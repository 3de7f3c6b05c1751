/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution along the words of a document (section 3.2.1, equation 1), forward and backward:
 *
 *     C[t] = sum_k X[t - (K-1)/2 + k] w[k] + bias     X[T][D_in]  w[K][D_in][D]  bias[D]  C[T][D]
 *
 * X is 0 before its first word and after its last. The algorithm is the Toom-Cook algorithm, as Winograd gave
 * it for filters (S. Winograd, Arithmetic Complexity of Computations, 1980; A. Lavin and S. Gray, Fast
 * Algorithms for Convolutional Neural Networks, 2016, in two dimensions).
 *
 * F(4, 4) in the notation of Lavin and Gray computes four outputs of a filter g of four taps from a tile d of
 * seven words:
 *
 *     Y = A' [(G g) * (B' d)]       * is elementwise
 *
 * It takes seven multiplications, at the points 0, 1, -1, 2, -2, 1/2 and infinity, where the sums take
 * sixteen. A wider convolution is a sum over groups of four taps. For tile i of ceil(T/4) tiles of four
 * words:
 *
 *     U[p][k] = sum_j G[p][j] w[4k + j]              j = 0..3: once for all documents
 *     V[p][i] = sum_m B'[p][m] X[4i - (K-1)/2 + m]   m = 0..6: the words of the tile and the next three
 *     M[p][i] = sum_k V[p][i + k] U[p][k]            for each p a matrix product over all tiles
 *     C[4i+r] = sum_p A'[r][p] M[p][i]               r = 0..3
 *
 * A tap that is left over (K = 4 groups + 1) is a matrix product of its own. So is every tap if K < 3, or if
 * the document is shorter than K words, or with bfloat16: V and U are sums of up to seven terms of both
 * signs, and rounding them to 8 bits would lose much more than rounding X and w. The direct sum in bfloat16
 * is as fast. K = 9 and K = 11 take half the multiplications of the direct sum. Rounding errors are about
 * 1e-6 of the size of the numbers, four times those of the direct sum. The backward pass computes V again.
 * Its equations are dM = A dY, dd = B dV, dg = G' dU.
 *
 * Products run over at most 384 tiles at a time, so the scratch memory is bounded. The caller allocates it.
 * All arrays are borrowed. No function fails. */
#ifndef ECAN_TENSOR_CONV_H
#define ECAN_TENSOR_CONV_H

#include "tensor/multiply.h"

#include <stddef.h>

enum { CONV_POINTS = 7 };

typedef struct conv_shape {
    size_t D_in, D, K;
    precision precision; /* with bfloat16 every tap is a product of its own: there are no groups */
} conv_shape;

/* Number of floats of U, and of U_transposed: 7 groups D_in D. With bfloat16 they have the taps w[k], and
 * w[k]', as gemm_bf16_pack() packs them. */
size_t conv_transformed_count(const conv_shape *shape);
/* Number of floats of dU: with bfloat16 0. */
size_t conv_dU_count(const conv_shape *shape);

/* w[K][D_in][D] from the layout of PyTorch and of model files, which is [D][D_in][K]. */
void conv_load_weights(float *w, const float *file, const conv_shape *shape);

/* U[7][groups][D_in][D] = G w. U is aligned to 64 bytes. */
void conv_transform_weights(float *U, const float *w, const conv_shape *shape);

/* U in the layout that the backward pass needs: U_transposed[7][groups][D][D_in]. The groups are in reverse
 * order, and each matrix is transposed. */
void conv_transpose_weights(float *U_transposed, const float *U, const float *w, const conv_shape *shape);

/* Number of floats of scratch memory for T words. */
size_t conv_scratch(const conv_shape *shape, size_t T);

/* C[t] = sum_k X[t - (K-1)/2 + k] w[k] + bias */
void conv_forward(float *C, const float *X, const float *w, const float *U, const float *bias,
                  const conv_shape *shape, size_t T, float *scratch);

/* With s = t + (K-1)/2 - k, given dC[T][D]:
 *
 *     dX[t] += sum_k dC[s] w[k]'       dw[k] += sum_s X[t]' dC[s]       dbias += sum_t dC[t]
 *
 * dX[T][D_in] may be NULL. dU[conv_dU_count()] is scratch memory. NULL: the gradient of taps that belong to a
 * group is not computed. */
void conv_backward(float *dX, float *dw, float *dU, float *dbias, const float *dC, const float *X,
                   const float *w, const float *U_transposed, const conv_shape *shape, size_t T,
                   float *scratch);

#endif
