/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes of a network, derived from its configuration. */
#ifndef ECAN_MODEL_SIZES_H
#define ECAN_MODEL_SIZES_H

#include "model/config.h"
#include "tensor/conv.h"

#include <stddef.h>

/* The shape of a Res-SE block. */
typedef struct block_shape {
    size_t D_in, D;
    size_t Q; /* hidden size of the excitation, max(1, D/R); 0 without squeeze-and-excitation */
    conv_shape conv;
} block_shape;

/* An attention. It reads one block; with sum-pooling it reads the sum of the blocks. */
typedef struct attention_shape {
    int block;        /* index of the block, which is the last with sum-pooling */
    size_t D, offset; /* number of its columns in V and W, and the first of them */
} attention_shape;

typedef struct model_sizes {
    size_t E, d_l, S;                 /* sizes of a word vector and of a label embedding; width of V */
    size_t D_last, D_max, D_sum;      /* channels of the last block; maximum and sum over all blocks */
    size_t D_attended;                /* maximum number of channels of the blocks that attention reads */
    int blocks, attentions;           /* an attention for each block that is read; 1 with sum-pooling */
    bool sum;                         /* sum-pooling */
    precision precision;              /* of the products of attention; a block has its own */
    block_shape block[CONFIG_BLOCKS]; /* [blocks] */
    attention_shape attention[CONFIG_BLOCKS]; /* [attentions] */
} model_sizes;

/* c must have passed config_check(). Cannot fail. */
model_sizes model_sizes_of(const config *c);

#endif
