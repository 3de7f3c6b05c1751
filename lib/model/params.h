/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a network. One table has the name and shape of every tensor. Allocation, loading, saving,
 * initialization, updates and counts are loops over this table.
 *
 * Names, shapes and layouts are those of the model folder (a PyTorch state dict), with one exception: the
 * weight of a convolution is [D_out][D_in][K] in the file and [K][D_in][D_out] in memory. */
#ifndef ECAN_MODEL_PARAMS_H
#define ECAN_MODEL_PARAMS_H

#include "base/rng.h"
#include "io/safetensors.h"
#include "model/sizes.h"

#include <stddef.h>
#include <stdint.h>

/* The tensors of a block, borrowed from params. NULL if the configuration does not have the tensor. */
typedef struct block_params {
    float *conv;             /* [K][D_in][D] */
    float *conv_bias;        /* [D] */
    float *winograd;         /* [7][groups][D_in][D]: U of conv (model/winograd_weights.h), not a parameter */
    float *fc1, *fc1_bias;   /* [Q][D], [Q] */
    float *fc2, *fc2_bias;   /* [D][Q], [D] */
    float *norm, *norm_bias; /* [D] each */
    float *res, *res_bias;   /* [D][D_in], [D] */
} block_params;

enum { PARAM_DIMS = 3 };

/* A row of the table. */
typedef struct param {
    char name[40];
    int ndim;
    size_t shape[PARAM_DIMS], count; /* shape in the file; number of elements */
    bool conv;                       /* stored as [K][D_in][D_out] in memory */
    size_t offset;                   /* first element in params.data, a multiple of 16 floats */
    size_t slot;                     /* offset of its pointer in struct params, in bytes */
} param;

typedef struct params {
    config c;
    model_sizes sizes;    /* of c */
    size_t words, labels; /* rows of the embedding; L */

    float *embed; /* [words][E] */
    block_params block[CONFIG_BLOCKS];
    float *U;                                              /* [L][d_l] */
    float *proj[CONFIG_BLOCKS], *proj_bias[CONFIG_BLOCKS]; /* [D_a][d_l], [D_a] of each attention a */
    float *same[CONFIG_BLOCKS], *same_bias[CONFIG_BLOCKS]; /* [D_last][D_i], [D_last] with sum-pooling */
    float *W, *b;                                          /* [L][S], [L] */

    param *table; /* [n], in the order of the model file; owned */
    int n;
    size_t size;                     /* floats in data, including gaps */
    size_t shared_begin, shared_end; /* range in data of the tensors other than embed, U, W and b */
    float *data;                     /* [size], owned; NULL if the tensors are mapped */
    float *converted;                /* the convolutions of a mapped model, owned */
} params;

/* Makes the table and tensors of zeros, all in one allocation. Two params of the same configuration have the
 * same offsets, so gradients and moments have the layout of the parameters. words >= 2 (<pad> and <unk>),
 * labels >= 1. 0, or -1: out of memory, or too few words or labels. */
int params_init(params *p, const config *c, size_t words, size_t labels);
void params_free(params *p);

/* Number of rows of the embedding in an open model file. 2, for <pad> and <unk>, if the file has none. */
size_t params_words(const safetensors *file);

/* Points the tensors of p into an open model file, which is borrowed and must outlive p. They are read only.
 * Convolutions are converted into memory that p owns. 0, or -1 with the name of the tensor in the message: a
 * tensor that is missing, has another shape or is not in the table, or NaN or infinity in a tensor other than
 * embed, U and W. */
int params_map(params *p, const config *c, size_t words, size_t labels, const safetensors *file);

/* Copies the tensors of an open model file into p, which params_init() made. The same errors. */
int params_load(params *p, const safetensors *file);
/* Writes p as a model file. 0 or -1. */
int params_save(const params *p, const char *path);

/* Initializes the parameters as PyTorch does (section 3 of formats/model.md). Convolutions and linear layers
 * are uniform within 1 / sqrt(inputs), weights and biases. LayerNorm is 1 and 0. U and W are Xavier uniform.
 * b is 0. embed does not change. */
void params_start(params *p, uint64_t seed);

/* Number of parameters, without gaps. */
size_t params_count(const params *p);

/* The name of the first tensor with NaN or infinity, or NULL. Borrowed. */
const char *params_not_finite(const params *p);

#endif
