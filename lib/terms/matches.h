/* SPDX-License-Identifier: Apache-2.0 */
/* The keys `matches` and `match_weights` of a record (formats/tokens.md): the terms that occur, and their
 * labels. */
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
} matches; /* zeroed before first use */
void matches_free(matches *m);

/* Packs them as fields of a record. */
void matches_pack(pack *out, const matches *m);

/* Reads the matches of a record. Returns 1; 0 if it has none, and m is empty; or -1 with record and
 * reason: a label outside [0, L), words outside the record, or a weight that is not finite. */
int matches_read(matches *m, const record *r, size_t L);

/* logits[L] += the weights of the matches. */
void matches_add(float *logits, const matches *m);

#endif
