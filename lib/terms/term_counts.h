/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a term and a label. */
#ifndef ECAN_TERMS_TERM_COUNTS_H
#define ECAN_TERMS_TERM_COUNTS_H

#include <stdint.h>

enum { TERM_PARTS = 10 }; /* of the training encounters: the counts of nine are used for the tenth */

typedef struct term_counts {
    int32_t both, encounters, frequency; /* encounters with both, with the term, with the label */
    int32_t length;                      /* words of the term */
    int32_t claimed;                     /* of `both`, those whose label it claims (claims.h) */
} term_counts;

/* By this a term claims a label: precision, less where the term is in few of the encounters with the label;
 * of equals the longer term. */
static inline float term_claim(const term_counts *c)
{
    const double covered = 0.5 + (double)c->both / c->frequency;
    return (float)((double)c->both / (c->encounters + 2.0) * (covered < 1 ? covered : 1) + 1e-3 * c->length);
}

#endif
