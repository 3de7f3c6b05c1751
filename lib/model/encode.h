/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder (section 3.2): from word vectors through the Res-SE blocks, for one document. It also has the
 * buffers of a document. */
#ifndef ECAN_MODEL_ENCODE_H
#define ECAN_MODEL_ENCODE_H

#include "model/block.h"
#include "model/dropout.h"
#include "model/winograd_weights.h"

#include <stdbool.h>

/* ---- forward ---- */

/* The input and output of the encoder for one document. Zero-initialized before the first use. */
typedef struct encoding {
    size_t T;
    float *X;                /* [T][E], filled by the caller */
    float *H[CONFIG_BLOCKS]; /* [T][D_i] */
    float *pooled;           /* [T][D_last] with sum-pooling, otherwise NULL */
    const dropout *drop;     /* dropout of H; borrowed; NULL: none */

    block_state block[CONFIG_BLOCKS];
    float *R;       /* [T][max D] scratch memory in prediction */
    float *scratch; /* of the convolutions, forward and backward */
    size_t cap;     /* capacity in words */
    float *memory;  /* the allocation of all arrays, owned */
} encoding;

/* Reserves memory for a document of T words. The contents are lost. keep: also for what encode_backward()
 * needs. 0, or -1: out of memory. */
int encoding_begin(encoding *e, const model_sizes *n, size_t T, bool keep);
void encoding_free(encoding *e);

/* X[t] = embed[ids[t]]. The ids must be below p->words. */
void encode_embed(encoding *e, const params *p, const int32_t *ids);

/* Computes H_i[T][D_i] of every block from X[T][E]. H and X may be those of e. p must have its winograd
 * weights.
 */
void encode_blocks(float *const *H, const float *X, encoding *e, const params *p);
/* The same from e->X to e->H, and pooled. */
void encode_forward(encoding *e, const params *p);

/* The input [T][D] of attention a: H of its block, or pooled. */
const float *encode_attended(const encoding *e, const model_sizes *n, int a);

/* Sum-pooling (section 3.3): pooled[T][D_last] = H_last + sum_i (H_i same_i' + bias_i) for i before the last.
 */
void encode_pool(float *pooled, const float *const *H, const params *p, size_t T);

/* ---- backward ---- */

/* The gradients with respect to H and pooled. encode_backward() overwrites them. Zero-initialized before the
 * first use. */
typedef struct encoding_grad {
    float *dH[CONFIG_BLOCKS]; /* [T][D_i] */
    float *dpooled;           /* [T][D_last] with sum-pooling, otherwise NULL */
    float *dC;                /* [T][max D]: scratch memory */
    float *dU;                /* [size of the largest U]: scratch memory; may be set to NULL */
    size_t cap;               /* capacity in words */
    float *memory;            /* owned */
} encoding_grad;

/* Reserves memory for T words, and sets dH and dpooled to zero. 0, or -1: out of memory. */
int encoding_grad_begin(encoding_grad *g, const model_sizes *n, size_t T);
void encoding_grad_free(encoding_grad *g);
/* The gradient with respect to the input of attention a: dH of its block, or dpooled. */
float *encoding_grad_attended(const encoding_grad *g, const model_sizes *n, int a);

/* Adds to the gradients of the blocks (without g->dU those of wide convolutions are not computed) and of
 * `same` in dp. Overwrites dX[T][E] (NULL: not computed). */
void encode_backward(float *dX, const params *dp, encoding_grad *g, const encoding *e, const params *p,
                     const winograd_weights *transposed);

/* Its steps: first the sum-pooling, which completes the gradients of `same`, and then the blocks from the
 * last to the first, each of which completes its own gradients. */
void encode_backward_pool(const params *dp, encoding_grad *g, const encoding *e, const params *p);
void encode_backward_block(float *dX, const params *dp, encoding_grad *g, const encoding *e, const params *p,
                           const winograd_weights *transposed, int block);

#endif
