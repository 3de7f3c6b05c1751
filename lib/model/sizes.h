/* SPDX-License-Identifier: Apache-2.0 */
/* The sizes of a network, computed once from its configuration. */
#ifndef ECAN_MODEL_SIZES_H
#define ECAN_MODEL_SIZES_H

#include "model/config.h"
#include "tensor/conv.h"

#include <stddef.h>

/* Shape of one Res-SE block. */
typedef struct block_shape {
    size_t D_in, D;
    size_t Q; /* width of the squeeze, max(1, D/R); 0: no squeeze-and-excitation */
    conv_shape conv;
} block_shape;

/* One attention: the block that it reads (sum-pooling: the last), that block's channels, and where its
 * columns begin in the rows of V and W. */
typedef struct attention_shape {
    int block;
    size_t D, offset;
} attention_shape;

typedef struct model_sizes {
    size_t E, d_l, S;                         /* embedding, label embedding, width of V */
    size_t D_last, D_max, D_sum, D_attended;  /* channels: of the last block, the most of a block, of all
                                                 blocks,  the most of a block that is attended */
    int blocks, attentions;                   /* attentions: one for each block attended; 1 for sum-pooling */
    bool sum;                                 /* sum-pooling */
    block_shape block[CONFIG_BLOCKS];         /* [blocks] */
    attention_shape attention[CONFIG_BLOCKS]; /* [attentions] */
} model_sizes;

/* c has passed config_check(). */
model_sizes model_sizes_of(const config *c);

#endif
