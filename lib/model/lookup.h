/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors of a file in the place of a model's: the rows that ecan-train would make of them
 * (formats/embedded.md). */
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
    float *none, *unknown; /* [v.size] of <pad>, zeros; of <unk>, where the file has none, zeros too */
    char fingerprint[33];  /* 32 hexadecimal digits: which words and vectors these are, as they stand in the
                              file */
} lookup;

/* Reads the file (any that vectors_read() takes). unit: each vector is made 1 long, as ecan-train does it;
 * all zeros stay so. 0 or -1. */
int lookup_open(lookup *l, const char *path, bool unit);
void lookup_close(lookup *l);

/* Copies size numbers to the vector of unknown words, unless the file has one. */
void lookup_unknown(lookup *l, const float *x);

/* X[t] = rows[ids[t]], T rows of v.size numbers. */
void lookup_embed(float *X, const lookup *l, const int32_t *ids, size_t T);

#endif
