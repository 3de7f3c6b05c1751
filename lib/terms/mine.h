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
 * Memory: MINE_TERMS pairs and MINE_OBSERVATIONS at most. More pairs: min_encounters is raised. More
 * observations: they are those of half of the encounters, of a quarter, ... */
#ifndef ECAN_TERMS_MINE_H
#define ECAN_TERMS_MINE_H

#include "terms/term_corpus.h"

#define MINE_PRECISION 0.2
enum { MINE_LENGTH = 16, MINE_PARTS = 10, MINE_TERMS = 1 << 24, MINE_OBSERVATIONS = 3 << 23 };

/* What is known of a term and a label. */
typedef struct term_counts {
    int32_t both, encounters, frequency; /* encounters with both, with the term, with the label */
    int32_t length;                      /* words of the term */
} term_counts;

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
