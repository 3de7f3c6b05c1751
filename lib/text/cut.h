/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the words of an encounter that are kept if it has too many. */
#ifndef ECAN_TEXT_CUT_H
#define ECAN_TEXT_CUT_H

#include <stddef.h>

typedef enum cut_rule {
    CUT_HEAD,        /* the first words of the encounter */
    CUT_HEAD_TAIL,   /* the first and the last words, half each; with an odd number one more of the first */
    CUT_PROPORTIONAL /* the first words of every note: the same number of each, or all of a shorter note */
} cut_rule;

#define CUT_RULES "head|head-tail|proportional=share"

/* A note of n words. The first `head` and the last `tail` words are kept: head + tail <= n. */
typedef struct cut_note {
    size_t n, head, tail;
} cut_note;

/* Fills head and tail so that at most max words are kept in total. Returns the number of words left out.
 *
 * CUT_PROPORTIONAL: the level l is the largest with sum min(n_k, l) <= max. Note k keeps min(n_k, l)
 * words. If fewer than max words are then kept, the first notes with more than l words keep one more each.
 */
size_t cut_notes(cut_rule rule, size_t max, cut_note *notes, size_t n);

#endif
