/* SPDX-License-Identifier: Apache-2.0 */
/* The transformed weights U = G g of the convolutions of all blocks (tensor/conv.h), in one allocation. U is
 * computed from the parameters once for all documents. It is not part of a model. */
#ifndef ECAN_MODEL_WINOGRAD_WEIGHTS_H
#define ECAN_MODEL_WINOGRAD_WEIGHTS_H

#include "model/params.h"

#include <stddef.h>

typedef struct winograd_weights {
    float *data; /* [count], owned */
    size_t count;
    float *block[CONFIG_BLOCKS]; /* of block i: U[7][groups][D_in][D], or U transposed [7][groups][D][D_in];
                                    with bfloat16 the packed taps */
} winograd_weights;

/* Allocates zeros. 0, or -1: out of memory. */
int winograd_weights_init(winograd_weights *u, const model_sizes *n);
void winograd_weights_free(winograd_weights *u);

/* Makes the blocks of p use u, which is borrowed and must outlive p. */
void winograd_weights_attach(const winograd_weights *u, params *p);

/* Allocates u for p and attaches it. winograd_weights_make() must then compute each block. 0, or -1: out of
 * memory. */
int winograd_weights_reserve(winograd_weights *u, params *p);
/* The same, and computes all blocks. */
int winograd_weights_prepare(winograd_weights *u, params *p);

/* U = G g: computes U of block i from its weights, and the transposed U for the backward pass (NULL: not
 * computed). */
void winograd_weights_make(const params *p, int i, const winograd_weights *transposed);

#endif
