/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution along words, forward and backward, by the fast algorithm of Toom and Cook as Winograd gave it
 * for filters (S. Winograd, Arithmetic Complexity of Computations, 1980; A. Lavin and S. Gray, Fast
 * Algorithms for Convolutional Neural Networks, 2016, in two dimensions).
 *
 *     C[t] = sum_k X[t - (K-1)/2 + k] w[k]     X[T][D_in]  w[K][D_in][D]  C[T][D], X zero beyond both ends
 *
 * F(4, 4) in the terms of Lavin and Gray: four outputs of four taps g from a tile d of seven words,
 *
 *     Y = A' [(G g) * (B' d)]       * elementwise: seven multiplications, at the points 0, 1, -1, 2, -2, 1/2
 * and infinity, where the sums take sixteen
 *
 * A wider convolution is a sum over groups of four taps. With ceil(T/4) tiles of four words:
 *
 *     U[p][k] = sum_j G[p][j] w[4k + j]              j = 0..3: the weights, once for all documents
 *     V[p][i] = sum_m B'[p][m] X[4i - (K-1)/2 + m]   m = 0..6: a tile, and the three words after it
 *     M[p][i] = sum_k V[p][i + k] U[p][k]            seven products, each a convolution over tiles
 *     Y[4i+r] = sum_p A'[r][p] M[p][i]               r = 0..3: rows of C
 *
 * A tap that is left over (K = 4 groups + 1) is a product of its own, and so is each tap of K < 3 and of
 * documents shorter than K. K = 9 and 11 take half the multiplications. Rounding errors are four times those
 * of the plain sum: some 1e-6 of the size of the numbers. The way back makes V again; dM = A dY, dd = B dV,
 * dg = G' dU.
 *
 * Products run over up to 384 tiles at a time. Nothing here fails; the caller has the memory. */
#ifndef ECAN_TENSOR_CONV_H
#define ECAN_TENSOR_CONV_H

#include <stddef.h>

enum { CONV_POINTS = 7 };

typedef struct conv_shape {
    size_t D_in, D, K;
} conv_shape;

/* Floats of U: 7 groups D_in D. */
size_t conv_transformed_count(const conv_shape *shape);

/* U[7][groups][D_in][D] of w; the way back: adds to dw. */
void conv_transform_weights(float *U, const float *w, const conv_shape *shape);
void conv_transform_weights_backward(float *dw, const float *dU, const conv_shape *shape);
/* U as the way back needs it: U_transposed[7][groups][D][D_in], the groups in reverse order, each matrix
 * transposed. */
void conv_transpose_weights(float *U_transposed, const float *U, const conv_shape *shape);

/* Floats of scratch that T words take: bounded, whatever T. */
size_t conv_scratch(const conv_shape *shape, size_t T);

/* C[t] := sum_k X[t - (K-1)/2 + k] w[k] + bias[D]. */
void conv_forward(float *C, const float *X, const float *w, const float *U, const float *bias,
                  const conv_shape *shape, size_t T, float *scratch);

/* Given dC[T][D], adds to dX[T][D_in] (NULL: not wanted), dbias[D], dU and, for the taps outside the groups,
 * dw. */
void conv_backward(float *dX, float *dw, float *dU, float *dbias, const float *dC, const float *X,
                   const float *w, const float *U_transposed, const conv_shape *shape, size_t T,
                   float *scratch);

#endif
