/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder (section 3.2): word vectors through the Res-SE blocks, for one document, with the room it
 * needs. */
#ifndef ECAN_MODEL_ENCODE_H
#define ECAN_MODEL_ENCODE_H

#include "model/block.h"
#include "model/dropout.h"
#include "model/winograd_weights.h"

#include <stdbool.h>

/* What the encoder makes of one document. */
typedef struct encoding {
    size_t T;
    float *X;                /* [T][E], filled by the caller */
    float *H[CONFIG_BLOCKS]; /* [T][D_i] */
    float *pooled;           /* [T][D_last]: H_last + sum of same_i(H_i); NULL for multi-layer attention */
    const dropout *drop;     /* borrowed; NULL: nothing of H is dropped */

    block_state block[CONFIG_BLOCKS];
    float *R;       /* scratch in prediction: [T][max D] */
    float *scratch; /* of the convolutions, forward and back */
    size_t cap;     /* words there is room for */
    float *memory;  /* all of it, owned */
} encoding;

/* Makes room for a document of T words (contents are lost). With keep the blocks
 * keep what the way back needs. e is zeroed before its first use. 0 or -1. */
int encoding_begin(encoding *e, const model_sizes *n, size_t T, bool keep);
void encoding_free(encoding *e);

/* X[t] = embed[ids[t]]. ids are within the vocabulary. */
void encode_embed(encoding *e, const params *p, const int32_t *ids);

/* X -> H_i. p's blocks have their winograd weights. */
void encode_blocks(encoding *e, const params *p);
/* The same, and pooled. */
void encode_forward(encoding *e, const params *p);

/* What attention a reads: H of its block, or pooled. [T][D] */
const float *encode_attended(const encoding *e, const model_sizes *n, int a);

/* pooled[T][D_last] = H_last + sum_i (H_i same_i' + bias_i), i before the last (sum-pooling). */
void encode_pool(float *pooled, const float *const *H, const params *p, size_t T);

/* The way back. Gradients of what the blocks gave come in and are overwritten. */
typedef struct encoding_grad {
    float *dH[CONFIG_BLOCKS]; /* [T][D_i] */
    float *dpooled;           /* [T][D_last], sum-pooling */
    float *dC;                /* [T][max D] */
    size_t cap;
    float *memory;
} encoding_grad;

/* Room for T words, dH and dpooled zero. 0 or -1. */
int encoding_grad_begin(encoding_grad *g, const model_sizes *n, size_t T);
void encoding_grad_free(encoding_grad *g);
/* The gradient of what attention a read: dH of its block, or dpooled. */
float *encoding_grad_attended(const encoding_grad *g, const model_sizes *n, int a);

/* Adds to dp (its blocks, with winograd weights for gradients, and same) and overwrites dX[T][E] (NULL: not
 * wanted). */
void encode_backward(float *dX, const params *dp, encoding_grad *g, const encoding *e, const params *p,
                     const winograd_weights *transposed);

#endif
