/* SPDX-License-Identifier: Apache-2.0 */
/* The weights of the convolutions as the fast convolution needs them, U = G g (tensor/conv.h), or the
 * gradient with respect to U: those of all blocks in one piece. They are computed from the parameters, once
 * for all documents, and are not part of a model. */
#ifndef ECAN_MODEL_WINOGRAD_WEIGHTS_H
#define ECAN_MODEL_WINOGRAD_WEIGHTS_H

#include "model/params.h"

#include <stddef.h>

typedef struct winograd_weights {
    float *data; /* owned */
    size_t count;
    float *block[CONFIG_BLOCKS]; /* U of block i, [7][groups][D_in][D]; or transposed, [7][groups][D][D_in] */
} winograd_weights;

/* Zeros. 0 or -1. */
int winograd_weights_init(winograd_weights *u, const model_sizes *n);
void winograd_weights_free(winograd_weights *u);

/* p's blocks use u from now on; u must outlive p. */
void winograd_weights_attach(const winograd_weights *u, params *p);

/* Room in u that p's blocks use from now on, to be filled by winograd_weights_make(); and filled. 0 or -1. */
int winograd_weights_room(winograd_weights *u, params *p);
int winograd_weights_give(winograd_weights *u, params *p);

/* Computes U of block i from its weights, and the transposed U that the backward pass needs (NULL: not
 * needed). */
void winograd_weights_make(const params *p, int i, const winograd_weights *transposed);
/* The derivative of winograd_weights_make(): adds to the gradient of block i's weights in dp, from that of U.
 */
void winograd_weights_backward(const params *dp, int i);

#endif
