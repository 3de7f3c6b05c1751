/* SPDX-License-Identifier: Apache-2.0 */
/* Which words of an encounter are kept when it has more than are wanted. */
#ifndef ECAN_TEXT_CUT_H
#define ECAN_TEXT_CUT_H

#include <stddef.h>

typedef enum cut_rule {
    CUT_HEAD,        /* the first words of the encounter */
    CUT_HEAD_TAIL,   /* its first words and its last, half of each; the odd one is of the first */
    CUT_PROPORTIONAL /* the first words of every note: as many of each, or all that a shorter one has */
} cut_rule;

#define CUT_RULES "head|head-tail|proportional=share"

/* A note of n words, of which the first `head` and the last `tail` are kept: head + tail <= n. */
typedef struct cut_note {
    size_t n, head, tail;
} cut_note;

/* Fills head and tail, so that max words are kept in all, or all where there are no more. How many are left
 * out.
 *
 * CUT_PROPORTIONAL: the level l is the largest with sum min(n_k, l) <= max; note k keeps min(n_k, l), and of
 * what is then left of max the first notes that have more than l words get one each. */
size_t cut_notes(cut_rule rule, size_t max, cut_note *notes, size_t n);

#endif
