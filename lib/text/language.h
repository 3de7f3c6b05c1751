/* SPDX-License-Identifier: Apache-2.0 */
/* Signs between letters and numbers, as the readers of a language take them (formats/words.md): which belong
 * to a word, which join two pieces into one, and what a piece is cut into. The rules are the rows of one
 * table.
 *
 * A piece is letters, numbers and marks with nothing else between them. A word is a piece, or several that
 * rules join. LANGUAGE_ANY has no rules: a word is a piece. */
#ifndef ECAN_TEXT_LANGUAGE_H
#define ECAN_TEXT_LANGUAGE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum language { LANGUAGE_ANY, LANGUAGE_FR, LANGUAGE_NL } language;

#define LANGUAGES "any|fr|nl"

/* Kinds of signs: a rule names some. */
enum {
    LANGUAGE_APOSTROPHE = 1,
    LANGUAGE_HYPHEN = 2,
    LANGUAGE_POINT = 4,
    LANGUAGE_COMMA = 8,
    LANGUAGE_SLASH = 16,
    LANGUAGE_COLON = 32,
    LANGUAGE_SPACE = 64, /* one that does not break */
    LANGUAGE_DEGREE = 128,
    LANGUAGE_PERCENT = 256 /* a word of its own */
};

typedef struct language_sign {
    int32_t c;
    int kind;
    char form[4]; /* what stands for it in a word */
} language_sign;

/* The row of a sign; NULL: c is none, or the language has no rules. */
const language_sign *language_find_sign(language l, int32_t c);

typedef struct language_piece {
    const unsigned char *s, *end;
    bool letters,
        number; /* there are no numerals, there is nothing else; both are true of no character at all */
} language_piece;

typedef enum language_act {
    LANGUAGE_JOIN,  /* one word, with the sign in it */
    LANGUAGE_MERGE, /* one word, the sign left out */
    LANGUAGE_LEFT,  /* two words; the sign belongs to the first */
    LANGUAGE_RIGHT, /* two words; the sign belongs to the second */
    LANGUAGE_PASS,  /* the piece on the right is left out */
    LANGUAGE_CUT    /* two words with no sign between them */
} language_act;

typedef struct language_rule language_rule;

/* Where a sign stands. */
typedef struct language_place {
    const language_piece *left; /* NULL: no piece ends here */
    const language_rule
        *before; /* which joined the left piece to what is before it in the word; NULL: none */
    const language_sign *sign;
    language_piece right;       /* s == end: no piece begins here */
    const language_sign *after; /* the sign behind that, NULL: none; */
    language_piece next;        /* and the piece behind it */
    bool closes;                /* there is no right piece, but punctuation: the sign closes a quotation */
} language_place;

/* The first rule that the place fits; NULL: none, which parts words. */
const language_rule *language_find_rule(language l, const language_place *p, buf scratch[3]);
language_act language_act_of(const language_rule *r);

/* The name of row i, which several rows may have; NULL behind the last. */
const char *language_rule_name(size_t i);

/* Whether the letters s .. end behind a number are a unit of their own: mg of 250mg. */
bool language_is_unit(language l, const unsigned char *s, const unsigned char *end, buf scratch[3]);

/* Further UTF8_ forms of the language's words. */
int language_form(language l);

#endif
