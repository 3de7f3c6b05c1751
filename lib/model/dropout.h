/* SPDX-License-Identifier: Apache-2.0 */
/* Dropout in training (Srivastava et al., 2014). Some elements become 0. The others are divided by the
 * fraction that is kept, so that the expected value does not change.
 *
 *     vectors   each element of the word vectors X
 *     words     whole words: all E elements of X[t]
 *     hidden    each element of the output H_i of a block, for attention, the next block and sum-pooling
 *
 * The paper has dropout after the embedding layer (section 4.2), which is `vectors`. The elements that become
 * 0 depend only on (seed, number, document). So the same call on the gradient is the backward pass, and no
 * mask is stored. No function fails. */
#ifndef ECAN_MODEL_DROPOUT_H
#define ECAN_MODEL_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct dropout {
    float vectors, words, hidden; /* probabilities, 0 <= q < 1 */
    uint64_t seed, number;        /* number of the step */
    uint64_t document;            /* index of the document in the batch */
} dropout;

/* Forward: X[T][E]. Backward: dX[T][E]. */
void dropout_input(float *X, const dropout *d, size_t T, size_t E);
/* Forward: H[T][D] of a block. Backward: dH[T][D]. */
void dropout_hidden(float *H, const dropout *d, int block, size_t T, size_t D);

#endif
