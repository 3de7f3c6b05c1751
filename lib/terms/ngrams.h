/* SPDX-License-Identifier: Apache-2.0 */
/* The n-grams that enough encounters of a corpus have, one length after another (Apriori): an n-gram is
 * only counted if it is frequent without its last word, and that word is frequent. Phrases that coders marked
 * (term_phrases.h), their beginnings and their words count as frequent.
 * Memory: 8 bytes for each word of the corpus, 4 for each frequent n-gram, and a table of the n-grams that
 * are counted, of at most 1 GiB. If there are more n-grams, they are counted in several passes, a part in
 * each. */
#ifndef ECAN_TERMS_NGRAMS_H
#define ECAN_TERMS_NGRAMS_H

#include "terms/term_corpus.h"

typedef struct ngrams {
    const term_corpus *c;
    int length;            /* words of each n-gram; 0 at first */
    int32_t n;             /* number of frequent n-grams */
    int32_t *df;           /* [n] encounters with the n-gram */
    int32_t *starts;       /* [words of the corpus] the n-gram that starts there; -1: no frequent one */
    int32_t *longer;       /* private, like the members below */
    bool *frequent;        /* [forms] */
    unsigned char *marked; /* [words of the corpus] words of the longest marked phrase that starts there;
                              NULL: no phrase is marked */
    int32_t *forms;        /* [c->longest] */
    size_t *at;            /* [c->longest] */
    size_t df_room;
} ngrams;

/* 0, or -1 when memory is out; ngrams_free() is called in both cases. c is borrowed. */
int ngrams_begin(ngrams *g, const term_corpus *c);
void ngrams_free(ngrams *g);

/* Finds the n-grams that are one word longer and occur in at least min_df encounters. 0 or -1. */
int ngrams_next(ngrams *g, int min_df);

#endif
