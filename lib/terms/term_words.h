/* SPDX-License-Identifier: Apache-2.0 */
/* The words that terms consist of: words of a tokens stream in a form that is the same for variants of a
 * term. Accents and case are removed, words such as "of" are dropped, and endings of number and gender are
 * cut:
 *
 *     longer than 4 letters: -es or -s, then -o or -a
 * Each form has a number: its index in a table of forms. */
#ifndef ECAN_TERMS_TERM_WORDS_H
#define ECAN_TERMS_TERM_WORDS_H

#include "base/map.h"
#include "text/seen_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TERM_UNKNOWN = -1, TERM_DROPPED = -2 };

typedef struct term_form {
    bool keep_endings, keep_stop_words;
} term_form;

/* The number of bytes of a plain word (text/seen_words.h) that are its form; 0: the word is dropped. */
size_t term_form_length(term_form form, const char *plain, size_t n);

/* Sets the form of each word: its number in forms, TERM_DROPPED, or TERM_UNKNOWN if it is not in forms. 0 or
 * -1. */
int term_words_find(seen_words *words, const map *forms, term_form form);
/* The same, and adds forms that are new. */
int term_words_add(seen_words *words, map *forms, term_form form);

/* The record's spans: 12 bytes for each token, the first 4 of which are the number of the note. NULL: it
 * has none. 0, or -1 with record and reason. */
int term_words_spans(const record *r, uint32_t tokens, const unsigned char **spans);
/* Whether a note ends before token t. */
bool term_words_border(const unsigned char *spans, uint32_t t);

#endif
