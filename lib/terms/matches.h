/* SPDX-License-Identifier: Apache-2.0 */
/* The keys `matches`, `match_weights` and `match_marks` of a record (formats/tokens.md): the terms that
 * occur, their labels, and whether they are negated, of the past, of relatives or uncertain. */
#ifndef ECAN_TERMS_MATCHES_H
#define ECAN_TERMS_MATCHES_H

#include "io/pack.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct matches {
    int32_t (*at)[3]; /* [n]: label, first word, last word + 1 */
    float *weights;   /* [n] */
    int32_t *marks;   /* [n] bits: SCOPE_... of text/scopes.h */
    bool has_marks;   /* false: nobody has looked for marks, and all are 0 */
    size_t n, at_room, weights_room, marks_room;
} matches; /* zeroed before first use */
void matches_free(matches *m);
/* Makes room for n matches. 0 or -1. */
int matches_reserve(matches *m, size_t n);

/* Packs them as fields of the record in. match_marks is packed if the matches have marks, or if the record
 * has the key already: those marks are of other matches. */
void matches_pack(pack *out, const matches *m, const record *in);

/* Reads the matches of a record. Returns 1; 0 if it has none, and m is empty; or -1 with record and
 * reason: a label outside [0, L), words outside the record, a weight that is not finite, or a mark that does
 * not exist. */
int matches_read(matches *m, const record *r, size_t L);

/* logits[L] += the weights of the matches. */
void matches_add(float *logits, const matches *m);

#endif
