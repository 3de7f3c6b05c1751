/* SPDX-License-Identifier: Apache-2.0 */
/* The words of records as numbers. Most words of a text occurred before. So whatever depends only on a word
 * is computed once, when the word is new, by each of its users:
 *
 *     seen_words_read(w, r)
 *     for (int32_t *i = &w->known[WORD_FORM]; *i < seen_words_count(w); ++*i)
 *         w->of[*i].form = ...
 *     for each word t of r: w->of[w->at[t]].form */
#ifndef ECAN_TEXT_SEEN_WORDS_H
#define ECAN_TEXT_SEEN_WORDS_H

#include "base/map.h"
#include "base/mem.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known about a word. It is in one place, because it is seldom in the cache. */
typedef struct seen_word {
    int32_t id;      /* in the vocabulary of a model */
    int32_t form;    /* as a word of terms (terms/term_words.h) */
    int32_t scope;   /* in a table of scopes */
    int32_t phrase;  /* its kind (text/phrases.h) */
    int32_t feature; /* of a linear branch, and the hash of its form there */
    uint64_t hash;
    uint32_t chars, n_chars; /* its character n-grams in linear_branch_work */
    uint32_t times;          /* how often it occurs in the text; 0 between two texts */
    size_t plain;            /* private: the offset of the plain word */
} seen_word;

enum { WORD_ID, WORD_FORM, WORD_SCOPE, WORD_FEATURE, WORD_PHRASE, WORD_USERS };

enum { SEEN_MOST = 1 << 20 }; /* words; with more, the table is emptied before the next record */

/* The words that one thread has seen; zero-initialized, except keep_all. */
typedef struct seen_words {
    bool keep_all;             /* the table is never emptied */
    map *words;                /* NULL before the first word */
    seen_word *of;             /* [map_size(words)] */
    int32_t known[WORD_USERS]; /* number of words for which each user has computed its part */
    /* set by seen_words_read(): */
    const record *record; /* borrowed */
    int32_t *at;          /* [T] the number of each word of the record */
    uint32_t T;
    /* private: */
    size_t of_room, at_room;
    buf plain, scratch[2]; /* the plain words, each with a NUL */
    int32_t n_plain;
} seen_words;
void seen_words_free(seen_words *w);

/* Reads `tokens`. 0, or -1 with record and reason. */
int seen_words_read(seen_words *w, const record *r);
/* Adds one word. Its number, or -1 with the message set. */
int32_t seen_words_add(seen_words *w, const char *word, size_t n);

static inline int32_t seen_words_count(const seen_words *w)
{
    return w->words ? map_size(w->words) : 0;
}

/* Word i in the form in which words are compared: folded and without accents (UTF8_STRIP), followed by a NUL.
 * Empty for words such as <num>, which are not in the text. Borrowed until the next call. NULL with the
 * message set. */
const char *seen_words_plain(seen_words *w, int32_t i, size_t *n);

#endif
