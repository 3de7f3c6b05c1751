/* SPDX-License-Identifier: Apache-2.0 */
/* The residual squeeze-and-excitation block (section 3.2), forward and backward, for one document.
 *
 *     C = conv(X) + b                    [T][D]    equation 1: K words wide, (K-1)/2 of them before word t
 *     z = mean_t C                       [D]       squeeze, over the words of the document
 *     u = relu(F1 z + f1)                [Q]
 *     s = sigmoid(F2 u + f2)             [D]       equation 2, excitation
 *     R = X F3' + f3                     [T][D]    residual module, a convolution one word wide
 *     H = gelu(LayerNorm(C * s) + R)     [T][D]    equation 3
 *
 * Without squeeze-and-excitation s = 1. Without the residual module R = 0 (Tables 9 and 10).
 * All arrays are borrowed. No function fails. */
#ifndef ECAN_MODEL_BLOCK_H
#define ECAN_MODEL_BLOCK_H

#include "model/params.h"

#include <stddef.h>

/* What block_forward() keeps for block_backward(). In prediction Z, mean, rstd, ds and du are NULL. */
typedef struct block_state {
    float *C;           /* [T][D] */
    float *Z;           /* [T][D] argument of the GELU */
    float *mean, *rstd; /* [T] of the LayerNorm */
    float *z, *u, *s;   /* [D], [Q], [D] */
    float *ds, *du;     /* [D], [Q]: scratch memory of block_backward() */
} block_state;

/* Fills H[T][D] from X[T][D_in]. R[T][D] is scratch memory and may be st->Z. scratch has conv_scratch()
 * floats. p must have its winograd weights. T may be 0. */
void block_forward(float *H, block_state *st, float *R, const float *X, const block_params *p,
                   const block_shape *shape, size_t T, float *scratch);

/* Adds to the gradients dp and to dX[T][D_in] (NULL: not computed), given dH[T][D], which is overwritten.
 * transposed is the transposed U (tensor/conv.h). dC[T][D] and dU, of the size of U, are scratch memory. */
void block_backward(float *dX, const block_params *dp, float *dH, float *dC, float *dU, const block_state *st,
                    const float *X, const block_params *p, const float *transposed, const block_shape *shape,
                    size_t T, float *scratch);

#endif
