/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a network: ONE table of names and shapes, from which allocating, loading, saving,
 * initialising, updating and counting are loops.
 *
 * Shapes, names and layouts are those of the model folder (a PyTorch state dict), except that a convolution's
 * weight, [D_out][D_in][K] in the file, is [K][D_in][D_out] here: the right matrix of its product. */
#ifndef ECAN_MODEL_PARAMS_H
#define ECAN_MODEL_PARAMS_H

#include "base/rng.h"
#include "io/safetensors.h"
#include "model/sizes.h"

#include <stddef.h>
#include <stdint.h>

/* Tensors of one block; NULL where the configuration has none. All borrowed from the params. */
typedef struct block_params {
    float *conv;      /* [K][D_in][D] */
    float *conv_bias; /* [D] */
    float *winograd;  /* [7][groups][D_in][D]: conv transformed (model/winograd_weights.h); no parameter */
    float *fc1, *fc1_bias;   /* [Q][D], [Q] */
    float *fc2, *fc2_bias;   /* [D][Q], [D] */
    float *norm, *norm_bias; /* [D] each */
    float *res, *res_bias;   /* [D][D_in], [D] */
} block_params;

enum { PARAM_DIMS = 3 };

typedef struct param {
    char name[40];
    int ndim;
    size_t shape[PARAM_DIMS], count; /* as in the file */
    bool conv;                       /* kept as [K][D_in][D_out] */
    size_t offset;                   /* in params.data, a multiple of 16 floats */
    size_t slot;                     /* where in struct params its pointer stands */
} param;

typedef struct params {
    config c;
    model_sizes sizes;    /* those of c */
    size_t words, labels; /* rows of the embedding; L */

    float *embed; /* [words][E] */
    block_params block[CONFIG_BLOCKS];
    float *U;                                              /* [L][d_l] */
    float *proj[CONFIG_BLOCKS], *proj_bias[CONFIG_BLOCKS]; /* [D_a][d_l], [D_a], one an attention */
    float *same[CONFIG_BLOCKS], *same_bias[CONFIG_BLOCKS]; /* [D_last][D_i], [D_last], sum-pooling */
    float *W, *b;                                          /* [L][S], [L] */

    param *table; /* in the order of the model file */
    int n;
    size_t size;                     /* floats in data, gaps counted */
    size_t shared_begin, shared_end; /* what every document and label uses: all but embed, U, W and b */
    float *data;                     /* owned; NULL when the tensors are mapped */
    float *converted;                /* owned: the convolutions of a mapped model */
} params;

/* Makes the table and, unless mapped, zeroed tensors: all floats of all tensors in one piece, so that a
 * second params of the same configuration holds gradients or moments at the same places. 0 or -1. */
int params_init(params *p, const config *c, size_t words, size_t labels);
void params_free(params *p);

/* Rows of the embedding in an open model file; 2, <pad> and <unk>, where there is no such. */
size_t params_words(const safetensors *file);

/* Points p's tensors into an open model file, which must outlive p; convolutions are converted into
 * memory of p's own. Refuses a tensor that is missing, misshapen or not in the table, and NaN or infinity in
 * the small ones (convolutions, biases). 0 or -1 with the tensor's name. Read only: the mapping cannot be
 * written. */
int params_map(params *p, const config *c, size_t words, size_t labels, const safetensors *file);

/* Copies from an open model file into p (from params_init). The same refusals. */
int params_load(params *p, const safetensors *file);
/* Writes p as a model file. 0 or -1. */
int params_save(const params *p, const char *path);

/* PyTorch's start (section 3 of the maths in formats/model.md): convolutions and linear layers uniform within
 * 1/sqrt(inputs), weights and biases; LayerNorm 1 and 0; U and W Xavier uniform; b 0. Leaves embed alone. */
void params_start(params *p, uint64_t seed);

/* Number of parameters, gaps not counted. */
size_t params_count(const params *p);

/* Whether every number is finite: NULL, or the name of the first tensor that has another. */
const char *params_not_finite(const params *p);

#endif
