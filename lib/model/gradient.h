/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of the logit of one label with respect to the word vectors X of a document. The document is
 * encoded once, and then each label takes one backward pass through the encoder. For label j and attention a,
 * with the query q = P_a u_j + p_a and w = W_a[j]:
 *
 *     A[t] = softmax_t (q . H_a[t])       G[t] = w . H_a[t]       logit = sum_a sum_t A[t] G[t] + b
 *     dH_a[t] += A[t] (w + (G[t] - sum_t A[t] G[t]) q)            then encode_backward() */
#ifndef ECAN_MODEL_GRADIENT_H
#define ECAN_MODEL_GRADIENT_H

#include "model/encode.h"

#include <stddef.h>
#include <stdint.h>

/* The buffers of one thread for one model. Zero-initialized before the first use. */
typedef struct gradient_work {
    encoding e;      /* of the document */
    encoding_grad g; /* with respect to H */
    params unused;   /* encode_backward() adds the gradients of the blocks here */
    float *q;        /* [D_attended] */
    float *dX;       /* [T][E] */
    float *A, *G;    /* [T] each */
    float *memory;   /* of q, dX, A and G, owned */
    size_t cap;      /* capacity in words */
} gradient_work;
void gradient_work_free(gradient_work *w);

/* Encodes a document of T ids, which must be below p->words. 0, or -1: out of memory. */
int gradient_read(gradient_work *w, const params *p, const int32_t *ids, size_t T);

/* Sets *dX to d logit / d X, [T][E], for the label, of the document that was read last. It is borrowed until
 * the next call. transposed: the transposed winograd weights of p. 0, or -1: out of memory. */
int gradient_of_label(const float **dX, gradient_work *w, const params *p, const winograd_weights *transposed,
                      size_t label);

#endif
