/* SPDX-License-Identifier: Apache-2.0 */
/* Which term explains a label of an encounter best.
 * An encounter with pneumonia has many n-grams that occur with that code: "neumonia", and also
 * "antibiotico" and "radiografia de torax". The counts of one n-gram do not distinguish these. So one term
 * claims each label of each encounter: of those that occur in the encounter, the one with the largest
 * term_claim(). A term that claims few of the encounters that it shares with a label only occurs with it
 * because of something that another term states.
 * If coders marked spans for the label in the encounter, they are known: each term that is marked claims
 * the label, and no other does.
 * Claims are counted with the counts of all encounters and, for each part (mine.h), with the counts
 * outside the part. So an encounter has no influence on what is learnt from it. */
#ifndef ECAN_TERMS_CLAIMS_H
#define ECAN_TERMS_CLAIMS_H

#include "terms/term_corpus.h"
#include "terms/term_counts.h"

#include <stdbool.h>

enum { CLAIM_COUNTS = TERM_PARTS + 1 }; /* the counts outside each part, and those of all encounters */

typedef struct claims {
    float (*best)[CLAIM_COUNTS];    /* [gold labels of the corpus] the largest term_claim() */
    uint32_t (*term)[CLAIM_COUNTS]; /* the term that has it; 0: none */
    bool *marked;                   /* whether coders marked spans for the label */
    uint32_t *phrase;               /* the last term that was marked for it; 0: none */
} claims;

/* Needs 93 bytes for each label of each encounter. 0 or -1; claims_free() is called in both cases. */
int claims_begin(claims *x, const term_corpus *c);
void claims_free(claims *x);

/* The term, a number above 0, claims gold label g with each of the scores; -INFINITY: not with these
 * counts. Of equal scores the first is kept. part: that of the encounter, whose own counts are not used
 * for it. */
static inline void claims_offer(claims *x, size_t g, int part, uint32_t term,
                                const float scores[CLAIM_COUNTS])
{
    for (int p = 0; p < CLAIM_COUNTS; p++)
        if (p != part && !x->marked[g] && scores[p] > x->best[g][p]) {
            x->best[g][p] = scores[p];
            x->term[g][p] = term;
        }
}

/* Adds 1 to each of n[] for which the term has claimed label g. */
static inline void claims_count(int32_t n[CLAIM_COUNTS], const claims *x, size_t g, int part, uint32_t term)
{
    for (int p = 0; p < CLAIM_COUNTS; p++)
        n[p] += p != part && (x->phrase[g] == term || x->term[g][p] == term);
}

#endif
