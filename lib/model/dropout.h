/* SPDX-License-Identifier: Apache-2.0 */
/* Dropout (Srivastava et al., 2014), in training alone: some numbers become 0, and the others are divided by
 * the share that is kept, so that their mean stays.
 *
 *     vectors   each number of the word vectors X
 *     words     whole words: all E numbers of X[t]
 *     hidden    each number of what a block gives, H_i: for attention, for the next block and for the pooling
 *
 * What is drawn depends on (seed, number, document) alone, whoever draws it and when: the same call on the
 * gradient is the way back, and no mask is kept. */
#ifndef ECAN_MODEL_DROPOUT_H
#define ECAN_MODEL_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct dropout {
    float vectors, words, hidden; /* the probabilities, below 1 */
    uint64_t seed, number;        /* number: of the step */
    uint64_t document;            /* of the batch */
} dropout;

/* On X[T][E], and on dX. */
void dropout_input(float *X, const dropout *d, size_t T, size_t E);
/* On H[T][D] of a block, and on dH. */
void dropout_hidden(float *H, const dropout *d, int block, size_t T, size_t D);

#endif
