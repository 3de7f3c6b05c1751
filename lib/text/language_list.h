/* SPDX-License-Identifier: Apache-2.0 */
/* The language of a note, one of a list such as nl,fr (formats/words.md). It is what the key `language` of
 * the note says, or guessed from its words. */
#ifndef ECAN_TEXT_LANGUAGE_LIST_H
#define ECAN_TEXT_LANGUAGE_LIST_H

#include "text/language.h"
#include "text/tokens.h"

#include <stdbool.h>
#include <stddef.h>

/* n languages, all different. A zeroed struct is no list. */
typedef struct language_list {
    int n;
    language of[LANGUAGE_KINDS];
} language_list;

/* Reads "nl,fr", or the name of one language, also any. 0, or -1 with the message set: an unknown name, a
 * name twice, any in a list, or one language that has no rules. */
int language_list_parse(language_list *l, const char *text);

const char *language_name(language l);

/* The language of a tag such as nl, NL or fr-BE: its part before the first - or _, in any case. LANGUAGE_ANY:
 * it is not in the list. */
language language_list_find(const language_list *l, const char *tag, size_t n);

/* Function words of the languages of a list. */
typedef struct language_words language_words;
language_words *language_words_new(const language_list *l); /* l is copied. NULL: out of memory */
void language_words_free(language_words *w);                /* NULL is allowed */

/* The language that has the most of the words from .. T - 1 among its function words; if several have, the
 * first of them in the list. The words are folded and without accents. */
language language_words_guess(const language_words *w, const tokens *t, size_t from);

#endif
