/* The convolutions' weights at the points of the fast convolution (tensor/conv.h), or a gradient by them: of
 * all blocks, in one piece. They are made of the parameters, once for all documents that go by these, and are
 * no part of a model. */
#ifndef ECAN_MODEL_WINOGRAD_WEIGHTS_H
#define ECAN_MODEL_WINOGRAD_WEIGHTS_H

#include "model/params.h"

#include <stddef.h>

typedef struct winograd_weights {
    float *data; /* owned */
    size_t count;
    float *block[CONFIG_BLOCKS]; /* [7][G][D_in][D] of block i, or turned, [7][G][D][D_in] */
} winograd_weights;

/* Zeros. 0 or -1. */
int winograd_weights_init(winograd_weights *u, const model_sizes *n);
void winograd_weights_free(winograd_weights *u);

/* p's blocks go by u from now on: u must outlive that. */
void winograd_weights_attach(const winograd_weights *u, params *p);

/* Room that p's blocks go by from now on, to be filled by winograd_weights_make; and filled. 0 or -1. */
int winograd_weights_room(winograd_weights *u, params *p);
int winograd_weights_give(winograd_weights *u, params *p);

/* What p's blocks go by, anew from block i's weights; turned as the way back wants it (NULL: no way back). */
void winograd_weights_make(const params *p, int i, const winograd_weights *transposed);
/* The way back of winograd_weights_make: adds to block i's gradient in dp that of its points. */
void winograd_weights_backward(const params *dp, int i);

#endif
