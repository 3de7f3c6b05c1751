/* SPDX-License-Identifier: Apache-2.0 */
/* The keys `matches` and `match_weights` of a record (formats/tokens.md): which terms of which labels occur.
 */
#ifndef ECAN_TERMS_MATCHES_H
#define ECAN_TERMS_MATCHES_H

#include "io/pack.h"
#include "io/stream.h"

#include <stddef.h>
#include <stdint.h>

typedef struct matches {
    int32_t (*at)[3]; /* [n]: label, first word, last word + 1 */
    float *weights;   /* [n] */
    size_t n, at_room, weights_room;
} matches; /* zeroed at first */
void matches_free(matches *m);

/* As fields of a record. */
void matches_pack(pack *out, const matches *m);

/* Reads those of a record: 1; 0: it has none, m is empty. -1 with record and reason: a label that is not one
 * of L, words that the record lacks, weights that are not finite. */
int matches_read(matches *m, const record *r, size_t L);

/* logits[L] += the weights of what matched. */
void matches_add(float *logits, const matches *m);

#endif
