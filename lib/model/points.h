/* The convolutions' weights at the points of the fast convolution (tensor/conv.h), or a gradient by them: of
 * all blocks, in one piece. They are made of the parameters, once for all documents that go by these, and are
 * no part of a model. */
#ifndef ECAN_MODEL_POINTS_H
#define ECAN_MODEL_POINTS_H

#include "model/params.h"

#include <stddef.h>

typedef struct block_points {
    float *data; /* owned */
    size_t count;
    float *block[CONFIG_BLOCKS]; /* [7][G][D_in][D] of block i, or turned, [7][G][D][D_in] */
} block_points;

/* Zeros. 0 or -1. */
int points_init(block_points *u, const config *c);
void points_free(block_points *u);

/* p's blocks go by u from now on: u must outlive that. */
void points_attach(const block_points *u, params *p);

/* Room that p's blocks go by from now on, to be filled by points_make; and filled. 0 or -1. */
int points_room(block_points *u, params *p);
int points_give(block_points *u, params *p);

/* What p's blocks go by, anew from block i's weights; turned as the way back wants it (NULL: no way back). */
void points_make(const params *p, int i, const block_points *turned);
/* The way back of points_make: adds to block i's gradient in dp that of its points. */
void points_backward(const params *dp, int i);

#endif
