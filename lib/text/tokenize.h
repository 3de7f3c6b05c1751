/* SPDX-License-Identifier: Apache-2.0 */
/* Splits text into words with their positions in the text (formats/words.md).
 * A word begins with a letter, a number or an underscore. It continues with these and with combining marks
 * (Unicode's L, N and M). A soft hyphen or another invisible joiner between two such characters is
 * skipped: it is within the span of the word, but not part of the word. Words are compared in NFC and full
 * case folding, so a word has the same bytes however an editor wrote it: İ is i and U+0307, ß is ss, both
 * small sigmas are σ, the ligature ﬁ is fi. A language adds rules (text/language.h).
 * A number is a word that consists only of numbers (also ٣ and Ⅳ), and of signs that the language allows
 * in them. 250mg is not a number. The paper keeps one to ten: the words 1, 2, ... 10 in ASCII digits.
 * With caml, words are those that CAML's RegexpTokenizer(r'\w+'), t.isnumeric() and t.lower() make of the
 * text in Python 3: no normalisation, marks end a word, and all numbers are dropped unless the options
 * keep them. Language, case and accents are then left at zero. */
#ifndef ECAN_TEXT_TOKENIZE_H
#define ECAN_TEXT_TOKENIZE_H

#include "io/json.h"
#include "io/pack.h"
#include "text/language_list.h"
#include "text/tokens.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum tokenize_numbers {
    TOKENIZE_TEN,  /* drop numbers except one to ten */
    TOKENIZE_KEEP, /* keep all */
    TOKENIZE_DROP, /* drop all */
    TOKENIZE_MASK  /* replace all by the word <num> */
} tokenize_numbers;

#define TOKENIZE_NUMBERS "ten|keep|drop|mask"
#define TOKENIZE_CASES   "fold|keep"
#define TOKENIZE_ACCENTS "keep|strip"
#define TOKENIZE_SIGNS   "drop|keep"

typedef struct tokenize_options {
    bool caml;
    tokenize_numbers numbers;
    language language;
    language_list languages; /* several: each text has one of them, and `language` is not used */
    bool keep_case;          /* normalise words (NFC), but do not fold case */
    bool strip_accents;      /* é becomes e; ø, ł, œ become o, l, oe (UTF8_STRIP) */
    bool keep_signs;         /* +, - and arrows of results are words */
} tokenize_options;

typedef struct tokenizer tokenizer;

/* Threads may share it. NULL when memory is out. */
tokenizer *tokenizer_new(const tokenize_options *options);
void tokenizer_free(tokenizer *t); /* NULL is allowed */

/* Adds the settings to the fields of a map, for the header of a stream or a model's config.json. Two texts
 * that were tokenized with equal settings have comparable words. Keys and values are those of
 * ecan-tokenize's options. accents and language are only present if they differ from the defaults. */
void tokenizer_settings(const tokenizer *t, pack *p);
/* Makes a tokenizer from settings that were read as JSON. A key that is missing has its default, and NULL
 * has all defaults. The settings of notes may be in the same object and are ignored. NULL with the message
 * set if a value is unknown. */
tokenizer *tokenizer_from_settings(const json_t *settings);

/* The languages, if there are several. NULL: there is one. */
const language_list *tokenizer_languages(const tokenizer *t);
/* Guesses the language of a text of valid UTF-8. scratch: its words are kept. 0, or -1 with the message set.
 */
int tokenizer_guess(const tokenizer *t, const char *text, size_t n, tokens *scratch, language *l);
/* The tokenizer of one of several languages. */
const tokenizer *tokenizer_of(const tokenizer *t, language l);

/* Appends the words of a text, whose language is guessed if there are several. Their spans get the document's
 * number. 0, or -1 with the message set: invalid UTF-8, a text of 2 GiB or more, or memory is out. */
int tokenize(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out);
/* The same for a text that is known to be valid UTF-8. */
int tokenize_valid(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out);

#endif
