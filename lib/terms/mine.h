/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of a term and a label that occur together in training encounters, and what they say of encounters
 * that were not counted.
 *
 * A pair is kept if `both`, the encounters with both, are min_encounters or more, and both / encounters is
 * MINE_PRECISION or more, of the encounters with the term. How far such counts can be trusted is learnt from
 * observations: the encounters are divided into ten parts, and the counts of the other nine are held against
 * the labels of an encounter. (Counts that leave out the encounter only would tell its labels: n - 1 is odd
 * where it has the label.)
 *
 * The text is gone through twice: first each term claims labels of encounters (claims.h), then the pairs are
 * kept with the number of claims that were successful.
 *
 * Memory: MINE_TERMS pairs and MINE_OBSERVATIONS at most. More pairs: min_encounters is raised. More
 * observations: they are those of half of the encounters, of a quarter, ... */
#ifndef ECAN_TERMS_MINE_H
#define ECAN_TERMS_MINE_H

#include "terms/term_corpus.h"
#include "terms/term_counts.h"

#define MINE_PRECISION 0.2
enum { MINE_LENGTH = 16, MINE_TERMS = 1 << 24, MINE_OBSERVATIONS = 3 << 23 };

typedef struct mined_term {
    term_counts counts;
    size_t at; /* a place in the corpus's text where it starts */
    int32_t label;
} mined_term;

typedef struct observation {
    term_counts counts;
    int32_t doc, label;
    bool gold; /* the encounter has the label */
} observation;

typedef struct mined {
    mined_term *terms;
    observation *seen;
    size_t n, n_seen;
    int min_encounters; /* as raised */
    size_t room, seen_room;
} mined;

/* Terms of max_length words or fewer. 0 or -1; freed with mined_free() in both cases. */
int mine(mined *m, const term_corpus *c, int max_length, int min_encounters);
void mined_free(mined *m);

#endif
