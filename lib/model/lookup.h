/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors from a file, used instead of those of a model (formats/embedded.md). The rows are those that
 * ecan-train makes from the file. */
#ifndef ECAN_MODEL_LOOKUP_H
#define ECAN_MODEL_LOOKUP_H

#include "io/vectors.h"
#include "text/vocab.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct lookup {
    vectors v;
    vocab *words;          /* <pad>, <unk>, then the words of the file in its order */
    float **rows;          /* [vocab_size(words)][v.size], borrowed from v */
    float *none, *unknown; /* [v.size] vectors of <pad> (zeros) and of <unk> (zeros if the file has none) */
    char fingerprint[33];  /* 32 hexadecimal digits that identify the words and vectors of the file */
} lookup;

/* Reads a file of any format that vectors_read() supports. unit: scale each vector to length 1, as ecan-train
 * does; vectors of zeros stay zero. 0, or -1 with the path in the message. Free l with lookup_close(). */
int lookup_open(lookup *l, const char *path, bool unit);
void lookup_close(lookup *l);

/* Copies x[v.size] to the vector of unknown words. A vector of <unk> in the file takes precedence. */
void lookup_unknown(lookup *l, const float *x);

/* X[t] = rows[ids[t]], X[T][v.size]. The ids must be below vocab_size(words). */
void lookup_embed(float *X, const lookup *l, const int32_t *ids, size_t T);

#endif
