/* SPDX-License-Identifier: Apache-2.0 */
/* The n-grams of a corpus that enough encounters have, level by level (Apriori): an n-gram is counted if the
 * one without its last word, and that word, are frequent.
 *
 * Memory: 8 bytes a word of the corpus, 4 a frequent n-gram, and a table of the n-grams that are counted, of
 * 1 GiB at most. Where these are more, they are counted in several passes, a part of them each. */
#ifndef ECAN_TERMS_NGRAMS_H
#define ECAN_TERMS_NGRAMS_H

#include "terms/term_corpus.h"

typedef struct ngrams {
    const term_corpus *c;
    int length;      /* words of the n-grams; 0 at first */
    int32_t n;       /* frequent ones */
    int32_t *df;     /* [n] encounters with the n-gram */
    int32_t *starts; /* [words of the corpus] the n-gram that starts there; -1: none that is frequent */
    int32_t *longer; /* private, as the rest */
    bool *frequent;  /* [forms] */
    int32_t *forms;  /* [c->longest] */
    size_t *at;      /* [c->longest] */
    size_t df_room;
} ngrams;

/* 0, or -1 when memory is out; freed with ngrams_free() in both cases. c is borrowed. */
int ngrams_begin(ngrams *g, const term_corpus *c);
void ngrams_free(ngrams *g);

/* The n-grams of one word more, in min_df encounters or more. 0 or -1. */
int ngrams_next(ngrams *g, int min_df);

#endif
