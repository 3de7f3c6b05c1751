/* SPDX-License-Identifier: Apache-2.0 */
/* Text into words, each with the place where it stands (formats/words.md).
 *
 * A word is a letter, a number or an underscore, and all of these and of combining marks that follow
 * (Unicode's L, N and M). A soft hyphen or another invisible joiner between two such characters is passed
 * over: it belongs to the word's place and not to the word. Words are compared in NFC and full case folding,
 * so that the same word is the same bytes however an editor wrote it: İ is i and U+0307, ß is ss,
 * both small sigmas are σ, the ligature ﬁ is fi. A language has rules besides (text/language.h).
 *
 * A number is a word of nothing but numbers (٣ and Ⅳ too), and of signs that the language has in them;
 * 250mg is none. The paper keeps one to ten: the words 1, 2, ... 10 as ASCII writes them.
 *
 * With caml, words are what CAML's RegexpTokenizer(r'\w+'), t.isnumeric() and t.lower() make of the text in
 * Python 3: no normalisation, marks end a word, numbers all go (unless asked for otherwise). Language, case
 * and accents are then left at zero. */
#ifndef ECAN_TEXT_TOKENIZE_H
#define ECAN_TEXT_TOKENIZE_H

#include "base/mem.h"
#include "io/json.h"
#include "io/pack.h"
#include "text/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum tokenize_numbers {
    TOKENIZE_TEN,  /* numbers go, but one to ten */
    TOKENIZE_KEEP, /* all stay */
    TOKENIZE_DROP, /* all go */
    TOKENIZE_MASK  /* all become the word <num> */
} tokenize_numbers;

#define TOKENIZE_NUMBERS "ten|keep|drop|mask"
#define TOKENIZE_CASES   "fold|keep"
#define TOKENIZE_ACCENTS "keep|strip"

typedef struct tokenize_options {
    bool caml;
    tokenize_numbers numbers;
    language language;
    bool keep_case;     /* words are normalised (NFC) and not folded */
    bool strip_accents; /* é is e; ø, ł, œ are o, l, oe (UTF8_STRIP) */
} tokenize_options;

typedef struct tokenizer tokenizer;

/* Only read by tokenize(): threads may share it. NULL when memory is out. */
tokenizer *tokenizer_new(const tokenize_options *options);
void tokenizer_free(tokenizer *t); /* NULL is fine */

/* Adds the settings to the fields of a map, which goes into the header of a stream and a model's config.json:
 * two texts tokenized with equal settings have words that can be compared. Keys and values are those of
 * ecan-tokenize's options; accents and language are there where they are not the defaults. */
void tokenizer_settings(const tokenizer *t, pack *p);
/* The way back: one with those settings, which are JSON by now; NULL has the defaults, and so has what is not
 * there. Settings of notes, which may stand beside, are passed over. NULL with the message set: a value that
 * none has. */
tokenizer *tokenizer_from_settings(const json_t *settings);

/* Words, T of them. A zeroed struct has none. */
typedef struct tokens {
    size_t T;
    buf bytes;              /* the words, one behind another */
    size_t *ends;           /* [T]: word i is bytes[ends[i-1] .. ends[i]) */
    int32_t (*spans)[3];    /* [T][3]: document; start and end in code points of the text as it came */
    size_t n_ends, n_spans; /* private: room, and scratch */
    buf scratch[3];
} tokens;

void tokens_clear(tokens *w); /* none again, memory kept */
void tokens_free(tokens *w);
/* Word i, *n bytes of UTF-8. Borrowed until more are added. */
const char *tokens_word(const tokens *w, size_t i, size_t *n);

/* Adds the words of a text, whose spans get the document's number. 0, or -1 with the message set: bytes that
 * are not UTF-8, a text of 2 GiB or more, memory. */
int tokenize(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out);
/* The same for bytes that are known to be UTF-8. */
int tokenize_valid(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out);

#endif
