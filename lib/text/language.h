/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of a language for signs between letters and numbers (formats/words.md): which signs belong to a
 * word, which join two pieces to one word, and where a piece is split. The rules are the rows of one
 * table.
 * A piece consists of letters, numbers and marks only. A word is one piece, or several pieces that rules
 * join. LANGUAGE_ANY has no rules, so each piece is a word. */
#ifndef ECAN_TEXT_LANGUAGE_H
#define ECAN_TEXT_LANGUAGE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum language {
    LANGUAGE_ANY,
    LANGUAGE_FR,
    LANGUAGE_NL,
    LANGUAGE_EN, /* no rules, as any; only in a list of languages (text/language_list.h) */
    LANGUAGE_ES,
    LANGUAGE_KINDS
} language;

#define LANGUAGES "any|fr|nl|en|es"

bool language_has_rules(language l);

/* Kinds of signs, as bits: a rule can name several. */
enum {
    LANGUAGE_APOSTROPHE = 1,
    LANGUAGE_HYPHEN = 2,
    LANGUAGE_POINT = 4,
    LANGUAGE_COMMA = 8,
    LANGUAGE_SLASH = 16,
    LANGUAGE_COLON = 32,
    LANGUAGE_SPACE = 64, /* a no-break space */
    LANGUAGE_DEGREE = 128,
    LANGUAGE_PERCENT = 256 /* a word of its own */
};

typedef struct language_sign {
    int32_t c;
    int kind;
    char form[4]; /* its form in a word */
} language_sign;

/* The sign of a character. NULL: c is no sign, or the language has no rules. */
const language_sign *language_find_sign(language l, int32_t c);

typedef struct language_piece {
    const unsigned char *s, *end;
    bool letters, number; /* letters: it has no numerals. number: it has only numerals. Both are true of an
                             empty piece */
} language_piece;

typedef enum language_act {
    LANGUAGE_JOIN,  /* one word, which includes the sign */
    LANGUAGE_MERGE, /* one word without the sign */
    LANGUAGE_LEFT,  /* two words; the sign belongs to the first */
    LANGUAGE_RIGHT, /* two words; the sign belongs to the second */
    LANGUAGE_PASS,  /* the piece on the right is dropped */
    LANGUAGE_CUT    /* two words without the sign */
} language_act;

typedef struct language_rule language_rule;

/* A sign and the pieces around it. */
typedef struct language_place {
    const language_piece *left;  /* NULL: no piece ends here */
    const language_rule *before; /* rule that joined the left piece to the pieces before it; NULL: none */
    const language_sign *sign;
    language_piece right;       /* s == end: no piece begins here */
    const language_sign *after; /* sign after the right piece; NULL: none */
    language_piece next;        /* piece after that sign */
    bool closes;                /* there is no right piece but punctuation: the sign closes a quotation */
} language_place;

/* The first rule that fits. NULL: none fits, and the words are separate. */
const language_rule *language_find_rule(language l, const language_place *p, buf scratch[3]);
language_act language_act_of(const language_rule *r);

/* The name of row i; several rows may have the same name. NULL after the last row. */
const char *language_rule_name(size_t i);

/* Whether the letters s .. end after a number are a unit: mg of 250mg. */
bool language_is_unit(language l, const unsigned char *s, const unsigned char *end, buf scratch[3]);

/* UTF8_ flags of further forms of the words of the language. */
int language_form(language l);

#endif
