/* SPDX-License-Identifier: Apache-2.0 */
/* Where a phrase ends: at punctuation, at the end of a line or note, and at a function word of Dutch, French,
 * Spanish or English. A passage of evidence is a phrase or a part of one. */
#ifndef ECAN_TEXT_PHRASES_H
#define ECAN_TEXT_PHRASES_H

#include <stdbool.h>
#include <stddef.h>

typedef enum phrase_word {
    PHRASE_CONTENT,
    PHRASE_FUNCTION, /* a phrase ends before and after it */
    PHRASE_LINK,     /* it joins content words: "dolor de cabeza" */
    PHRASE_NEGATION, /* it belongs to the words that it negates: "sin fiebre" */
    PHRASE_OF        /* "of": a link in English, a function word ("or") in Dutch */
} phrase_word;

/* The kind of a word that is folded and without accents (seen_words_plain()). */
phrase_word phrase_kind(const char *plain, size_t n);

/* 1: a common word of Dutch that English does not have. -1: the reverse. 0: any other word. The sum over the
 * words of a note is above 0 if it is in Dutch, where "of" is a function word. */
int phrase_is_dutch(const char *plain, size_t n);

/* Whether the text between two words of a note, has a sign that ends a phrase: any but
 * letters, numbers, marks, blanks, points, hyphens, slashes and apostrophes. Invalid
 * UTF-8 ends it, too. Points and line ends are left to
 * breaks.h. */
bool phrase_ends(const char *between, size_t n);

/* Whether the text between two words begins with an apostrophe: the word before it is an elision such as d'
 * or l', which is a link. */
bool phrase_elides(const char *between, size_t n);

#endif
