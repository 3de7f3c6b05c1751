/* SPDX-License-Identifier: Apache-2.0 */
/* The counts of a term and a label. */
#ifndef ECAN_TERMS_TERM_COUNTS_H
#define ECAN_TERMS_TERM_COUNTS_H

#include <stdint.h>

enum {
    TERM_PARTS = 10,  /* of the training encounters: the counts of nine parts are used for the tenth */
    TERM_LONGEST = 16 /* maximum number of words of a term */
};

typedef struct term_counts {
    int32_t both, encounters, frequency; /* encounters with both, with the term, with the label */
    int32_t length;                      /* number of words of the term */
    int32_t claimed;                     /* of `both`, those in which the term claims the label (claims.h) */
    int32_t marked;                      /* of `both`, those in which coders marked the term for the label */
} term_counts;

/* The score with which a term claims a label: the precision, reduced if the term occurs in few of the
 * encounters with the label. Of equal scores that of the longer term is larger. */
static inline float term_claim(const term_counts *c)
{
    const double covered = 0.5 + (double)c->both / c->frequency;
    return (float)((double)c->both / (c->encounters + 2.0) * (covered < 1 ? covered : 1) + 1e-3 * c->length);
}

#endif
