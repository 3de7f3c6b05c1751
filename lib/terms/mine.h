/* SPDX-License-Identifier: Apache-2.0 */
/* Finds pairs of a term and a label that occur together in training encounters, and measures how well they
 * predict the labels of encounters that were not counted.
 * A pair is kept if `both`, the number of encounters with both, is at least min_encounters, and both /
 * encounters is at least MINE_PRECISION; encounters is the number of those with the term. A pair is also kept
 * if coders marked the term for the label in at least one encounter (term_spans.h). How far such counts can
 * be trusted is learnt from observations: the encounters are divided into ten parts, and the counts of nine
 * parts are compared with the labels of an encounter in the tenth. (Counts that leave out only the encounter
 * itself would reveal its labels: each count is lower by 1 exactly if it has the label.)  An encounter in
 * which all places of a term have an ignored mark does not count. It is observed: so the effects of marks are
 * learnt from the same counts (term_weights.h). There are two passes over the text: in the first, each term
 * claims labels of encounters (claims.h). In the second, pairs are kept together with the number of their
 * successful claims. Memory: at most MINE_TERMS pairs and MINE_OBSERVATIONS observations. If there are more
 * pairs, min_encounters is raised. If there are more observations, only those of half of the encounters are
 * used, then of a quarter, and so on. */
#ifndef ECAN_TERMS_MINE_H
#define ECAN_TERMS_MINE_H

#include "terms/term_corpus.h"
#include "terms/term_counts.h"

#define MINE_PRECISION 0.2
enum { MINE_TERMS = 1 << 24, MINE_OBSERVATIONS = 3 << 23 };

typedef struct mined_term {
    term_counts counts;
    size_t at; /* a position in the text of the corpus where it starts */
    int32_t label;
} mined_term;

typedef struct observation {
    term_counts counts;
    int32_t doc, label;
    bool gold;           /* the encounter has the label */
    unsigned char marks; /* of the term in the encounter: SCOPE_... */
} observation;

typedef struct mined {
    mined_term *terms;
    observation *seen;
    size_t n, n_seen;
    int min_encounters; /* the minimum after it was raised */
    int min_marked;     /* that of pairs that were marked */
    size_t room, seen_room;
} mined;

/* Mines terms of at most max_length words. ignored: marks (SCOPE_...) of places that do not count. 0 or -1;
 * mined_free() is called in both cases. */
int mine(mined *m, const term_corpus *c, int max_length, int min_encounters, int ignored);
void mined_free(mined *m);

#endif
