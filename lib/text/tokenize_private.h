/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that the files of the tokenizer share: tokenizer.c makes its tables, tokenizer_settings.c
 * reads and writes its settings, tokenize.c finds plain words, tokenize_word.c all others, and
 * tokenize_form.c writes the form of a piece of a word. The functions that are called for each character are
 * inline. */
#ifndef ECAN_TEXT_TOKENIZE_PRIVATE_H
#define ECAN_TEXT_TOKENIZE_PRIVATE_H

#include "text/tokenize.h"
#include "text/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the rules allow a character to be. */
enum {
    CHAR_BEGINS = 1,    /* may be the first character of a word */
    CHAR_CONTINUES = 2, /* may be a later character of a word */
    CHAR_JOINS = 4,     /* may occur inside a word and is left out of it */
    CHAR_NUMERAL = 8,
    CHAR_PLAIN = 16, /* its form in a word does not depend on adjacent characters: it is in the table, or it
                        does not change */
    CHAR_SIGN = 32,  /* the language has rules for it after a piece */
    CHAR_LEADS = 64, /* the language has rules for it before a piece */
    CHAR_KNOWN = 128 /* in `flags` of the tokenizer: the other flags are set */
};

#define TOKENIZER_LOW   0x800   /* characters of one and two bytes; the table has their forms */
#define TOKENIZER_BASIC 0x10000 /* characters of one to three bytes; `flags` has those that occurred */
#define LOW_ROOM        7 /* bytes of a form: U+0390 folds to three characters of two bytes, before composition */
#define TOKENIZE_NUMBER "<num>"
#define CAPITAL_SIGMA   0x3a3 /* its small form depends on adjacent characters */

#define EACH_BYTE(c) ((uint64_t)(c)*0x0101010101010101u) /* eight bytes, each of them c */
#define TOPS         EACH_BYTE(0x80)

typedef struct low {
    uint8_t n;
    char form[LOW_ROOM]; /* [n]: after case folding and removal of accents, as the options ask */
} low;

struct tokenizer {
    tokenize_options options;
    /* Of several languages: a tokenizer for each, and the words that tell the language of a text with the
     * tokenizer for them. */
    tokenizer *of[LANGUAGE_KINDS], *of_guess;
    language_words *guess;
    int form; /* UTF8_ flags of the form of words */
    low table[TOKENIZER_LOW];
    uint64_t small; /* 0x80 in each byte if words are folded to lower case, otherwise 0 */
    /* [TOKENIZER_BASIC]. Those from TOKENIZER_LOW on are set when a character occurs: most texts have few of
     * them. Threads may set them at the same time, to the same values. */
    uint8_t *flags;
};

/* A position in the text: a byte, and the number of code points before it. */
typedef struct text_cursor {
    const unsigned char *p;
    int32_t at;
} text_cursor;

/* The hyphen and the minus sign: as results they are the word "-". */
static inline bool tokenize_is_minus(int32_t c)
{
    return c == '-' || c == 0x2212;
}

/* The state of tokenizing one text. */
typedef struct tokenize_pass {
    const tokenizer *t;
    const unsigned char *begin, *end;
    text_cursor c;
    const unsigned char *behind; /* end of the last piece that was read */
    bool number;                 /* that piece is a number: letters right after it may be its unit */
    int32_t document;
    tokens *out;
} tokenize_pass;

/* Letters, numbers and marks, with only joiners between them. */
typedef struct text_piece {
    text_cursor from, to;
    int all, any; /* flags that all of its characters have, flags that any has */
} text_piece;

/* The flags of any character, not from the table. */
int tokenizer_classify(const tokenizer *t, int32_t c);

/* The same. It sets those in the table if they belong there. */
int tokenizer_learn_flags(const tokenizer *t, int32_t c);

/* Appends the form of a piece to the words. Forms of pieces can be concatenated: none begins with a mark,
 * so nothing is composed across their border. 0, or -1: out of memory. */
int tokenizer_add_form(const tokenizer *t, const text_piece *w, tokens *out);

/* Reads the word at s->c, of any characters, and moves past it, or skips a sign that does not begin one. 0,
 * or -1: out of memory. */
int tokenize_word(tokenize_pass *s);

/* The flags of the character at p. *n: its bytes. */
static inline int text_flags(const tokenizer *t, const unsigned char *p, size_t *n)
{
    const unsigned char *behind = p;
    int32_t c = utf8_get(&behind);
    *n = behind - p;
    const int flags = c < TOKENIZER_BASIC ? __atomic_load_n(&t->flags[c], __ATOMIC_RELAXED) : 0;
    return flags ? flags : tokenizer_learn_flags(t, c);
}

/* The flags of the character at the cursor. Moves the cursor past it. */
static inline int text_next(const tokenizer *t, text_cursor *c)
{
    size_t n;
    int flags = text_flags(t, c->p, &n);
    c->p += n;
    c->at++;
    return flags;
}

/* Writes characters that have a form in the table, or that do not change, to o. o must have room for three
 * bytes for each byte of the text, and LOW_ROOM more. Returns the end of the written bytes. */
static inline unsigned char *tokenizer_write_plain(const tokenizer *t, unsigned char *o,
                                                   const unsigned char *p, const unsigned char *end)
{
    while (p < end) {
        const unsigned char *start = p;
        int32_t c = utf8_get(&p);
        if (c < TOKENIZER_LOW) {
            memcpy(o, t->table[c].form, LOW_ROOM);
            o += t->table[c].n;
        } else {
            memcpy(o, start, 3);
            o += 3;
        }
    }
    return o;
}

static inline bool tokenize_is_one_to_ten(text_cursor from, text_cursor to)
{
    const unsigned char *s = from.p;
    ptrdiff_t n = to.p - s;
    return (n == 1 && *s >= '1' && *s <= '9') || (n == 2 && s[0] == '1' && s[1] == '0');
}

/* Makes room for one more word with that many bytes. If memory grows, it also grows for the words that the
 * rest of the text may have. */
static inline int tokenize_reserve(const tokenize_pass *s, size_t bytes)
{
    tokens *out = s->out;
    if (out->T < out->n_ends && out->T < out->n_spans && bytes <= out->bytes.cap - out->bytes.len)
        return 0;
    size_t words = out->T + 1 + (s->end - s->c.p) / 64;
    return mem_grow(&out->ends, &out->n_ends, words, sizeof *out->ends) < 0 ||
                   mem_grow(&out->spans, &out->n_spans, words, sizeof *out->spans) < 0
               ? -1
               : buf_reserve(&out->bytes, bytes);
}

/* Ends the word from .. to, whose bytes are in out up to len (tokenize_reserve() made the room). The rule for
 * numbers may drop or replace it. all: the flags that all its characters have. */
static inline void tokenize_finish(const tokenize_pass *s, text_cursor from, text_cursor to, int all,
                                   size_t len)
{
    tokens *out = s->out;
    if (all & CHAR_NUMERAL) {
        tokenize_numbers rule = s->t->options.numbers;
        if (rule == TOKENIZE_DROP || (rule == TOKENIZE_TEN && !tokenize_is_one_to_ten(from, to)))
            return;
        if (rule == TOKENIZE_MASK) {
            memcpy(out->bytes.data + out->bytes.len, TOKENIZE_NUMBER, strlen(TOKENIZE_NUMBER));
            len = out->bytes.len + strlen(TOKENIZE_NUMBER);
        }
    }
    out->bytes.len = len;
    out->ends[out->T] = len;
    out->spans[out->T][0] = s->document;
    out->spans[out->T][1] = from.at;
    out->spans[out->T][2] = to.at;
    out->T++;
}

#endif
