/* SPDX-License-Identifier: Apache-2.0 */
/* The residual squeeze-and-excitation block (section 3.2), forward and backward, for one document.
 *
 *     C = conv(X) + b            [T][D]    K words wide, zeros beyond both ends, (K-1)/2 on the left
 *     z = mean_t C               [D]       squeeze, over the document's words alone
 *     u = relu(F1 z + f1)        [Q]
 *     s = sigmoid(F2 u + f2)     [D]       excitation
 *     R = X F3' + f3             [T][D]    residual, a convolution one word wide
 *     H = gelu(LayerNorm(C * s) + R)
 *
 * Without squeeze-and-excitation s = 1; without residual R = 0 (Table 10). */
#ifndef ECAN_MODEL_BLOCK_H
#define ECAN_MODEL_BLOCK_H

#include "model/params.h"

#include <stddef.h>

/* What a block leaves for the way back. In prediction only C is needed, and as scratch: Z, mean and rstd are
 * NULL. */
typedef struct block_state {
    float *C;           /* [T][D] */
    float *Z;           /* [T][D] before the GELU */
    float *mean, *rstd; /* [T] of the LayerNorm */
    float *z, *u, *s;   /* [D], [Q], [D] */
    float *ds, *du;     /* [D], [Q]: scratch of the way back; NULL in prediction */
} block_state;

/* H[T][D] from X[T][D_in]. R[T][D] is scratch (may be st->Z), as is what conv_scratch asks for. p has its
 * winograd weights. T may be 0. */
void block_forward(float *H, block_state *st, float *R, const float *X, const block_params *p,
                   const block_shape *shape, size_t T, float *scratch);

/* Adds to dp (of the convolution to the gradient of U; winograd_weights_backward() makes that of the weights
 * of it), and to dX[T][D_in] (NULL: not wanted). dH[T][D] is overwritten; dC[T][D] is scratch. transposed: U
 * transposed. */
void block_backward(float *dX, const block_params *dp, float *dH, float *dC, const block_state *st,
                    const float *X, const block_params *p, const float *transposed, const block_shape *shape,
                    size_t T, float *scratch);

#endif
