/* SPDX-License-Identifier: Apache-2.0 */
#include "text/language.h"

#include "text/utf8.h"

#include <string.h>

bool language_has_rules(language l)
{
    return l == LANGUAGE_FR || l == LANGUAGE_NL;
}

/* ---- signs ---- */

/* Apostrophes in all forms that keyboards, word processors and old code pages have produced: U+0092 is
 * that of Windows-1252 read as Latin-1. º and ˚ are typed instead of the degree sign. */
static const language_sign signs[] = {{'\'', LANGUAGE_APOSTROPHE, "'"},   {'`', LANGUAGE_APOSTROPHE, "'"},
                                      {0xb4, LANGUAGE_APOSTROPHE, "'"},   {0x91, LANGUAGE_APOSTROPHE, "'"},
                                      {0x92, LANGUAGE_APOSTROPHE, "'"},   {0x2bb, LANGUAGE_APOSTROPHE, "'"},
                                      {0x2bc, LANGUAGE_APOSTROPHE, "'"},  {0x2018, LANGUAGE_APOSTROPHE, "'"},
                                      {0x2019, LANGUAGE_APOSTROPHE, "'"}, {0x201b, LANGUAGE_APOSTROPHE, "'"},
                                      {0x2032, LANGUAGE_APOSTROPHE, "'"}, {0xff07, LANGUAGE_APOSTROPHE, "'"},
                                      {'-', LANGUAGE_HYPHEN, "-"},        {0x96, LANGUAGE_HYPHEN, "-"},
                                      {0x2010, LANGUAGE_HYPHEN, "-"},     {0x2011, LANGUAGE_HYPHEN, "-"},
                                      {0x2012, LANGUAGE_HYPHEN, "-"},     {0x2013, LANGUAGE_HYPHEN, "-"},
                                      {0x2212, LANGUAGE_HYPHEN, "-"},     {'.', LANGUAGE_POINT, "."},
                                      {',', LANGUAGE_COMMA, ","},         {'/', LANGUAGE_SLASH, "/"},
                                      {0x2044, LANGUAGE_SLASH, "/"},      {':', LANGUAGE_COLON, ":"},
                                      {0xa0, LANGUAGE_SPACE, " "},        {0x2009, LANGUAGE_SPACE, " "},
                                      {0x202f, LANGUAGE_SPACE, " "},      {0xb0, LANGUAGE_DEGREE, "°"},
                                      {0xba, LANGUAGE_DEGREE, "°"},       {0x2da, LANGUAGE_DEGREE, "°"},
                                      {'%', LANGUAGE_PERCENT, "%"},       {0x2030, LANGUAGE_PERCENT, "‰"}};

const language_sign *language_find_sign(language l, int32_t c)
{
    for (size_t i = 0; language_has_rules(l) && i < sizeof signs / sizeof *signs; i++)
        if (signs[i].c == c)
            return &signs[i];
    return NULL;
}

/* ---- rules ---- */

enum { FR = 1 << LANGUAGE_FR, NL = 1 << LANGUAGE_NL };

typedef enum test {
    NOTHING, /* no piece */
    ANYTHING,
    LETTERS,  /* a piece without numerals */
    LETTER,   /* one letter */
    WORD,     /* a piece with at least one letter */
    NUMBER,   /* a piece without letters */
    CODE,     /* at most three digits, with no number after them */
    THOUSAND, /* three digits */
    SERIES,   /* a number in a series of three or more */
    VOWEL,    /* anything that does not begin with a consonant, also nothing */
    LISTED,   /* one of the words of the row */
    COMPOUND, /* one of the words of the row, together with the piece on the left */
    BEFORE    /* the letter t, before a hyphen and one of the words of the row */
} test;

struct language_rule {
    const char *name;
    int languages;
    test left;
    int signs; /* kinds of signs; 0: there is no sign between the pieces */
    test right;
    language_act act;
    const char *words; /* separated by spaces, in lower case without accents */
};

#define APOSTROPHE LANGUAGE_APOSTROPHE
#define HYPHEN     LANGUAGE_HYPHEN
#define POINT      LANGUAGE_POINT
#define DIVISION   (LANGUAGE_POINT | LANGUAGE_COMMA | LANGUAGE_SLASH | LANGUAGE_COLON)

/* clang-format off */
static const language_rule rules[] = {
    /* name        languages left      sign             right     action                example */
    {"elision",    FR | NL,  LISTED,   APOSTROPHE,      VOWEL,    LANGUAGE_LEFT,      /* l'|hôpital */
     "c d j l m n s t qu jusqu lorsqu puisqu quoiqu"},
    {"apostrophe", FR | NL,  WORD,     APOSTROPHE,      LETTERS,  LANGUAGE_JOIN,      /* aujourd'hui, foto's */
     NULL},
    {"clitic",     NL,       NOTHING,  APOSTROPHE,      LISTED,   LANGUAGE_RIGHT,     /* 's|avonds */
     "k m n ns r s t"},
    {"initials",   FR | NL,  LETTER,   POINT,           LETTER,   LANGUAGE_MERGE,     /* i.v. is iv */
     NULL},
    {"number",     FR | NL,  NUMBER,   DIVISION,        NUMBER,   LANGUAGE_JOIN,      /* 37,5 120/80 8:30 */
     NULL},
    {"thousands",  FR | NL,  NUMBER,   LANGUAGE_SPACE,  THOUSAND, LANGUAGE_MERGE,     /* 10 000 is 10000 */
     NULL},
    {"series",     FR | NL,  NUMBER,   HYPHEN,          SERIES,   LANGUAGE_JOIN,      /* 01-02-2024 1-0-1 */
     NULL},
    {"code",       FR | NL,  LETTERS,  HYPHEN,          CODE,     LANGUAGE_JOIN,      /* COVID-19 */
     NULL},
    {"compound",   FR,       LETTERS,  HYPHEN,          COMPOUND, LANGUAGE_JOIN,      /* peut-être */
     "nouveau-ne nouveau-nee nouveau-nees nouveau-nes peut-etre rendez-vous sage-femme sages-femmes week-end "
     "week-ends"},
    {"euphony",    FR,       LETTERS,  HYPHEN,          BEFORE,   LANGUAGE_PASS,      /* a-t-il is a|il */
     "elle elles il ils on"},
    {"degree",     FR | NL,  ANYTHING, LANGUAGE_DEGREE, LISTED,   LANGUAGE_RIGHT,     /* 37|°C */
     "c f"},
    {"unit",       FR | NL,  NUMBER,   0,               LISTED,   LANGUAGE_CUT,       /* 250|mg, 3|x */
     "x mg g kg ng pg ug μg mcg l dl cl ml ul μl fl mol mmol umol μmol nmol pmol meq m dm cm mm um μm nm cc ui iu "
     "ie u ue mmhg kpa bpm hz khz mhz kcal kj gy cgy msv mbq gbq h min s sec ms j amp caps co"},
    {"unit",       FR,       NUMBER,   0,               LISTED,   LANGUAGE_CUT,       /* 12|sa */
     "fois cp cpr gel sa"},
    {"unit",       NL,       NUMBER,   0,               LISTED,   LANGUAGE_CUT,       /* 2|dd */
     "dd uur jr mnd wk tab maal"},
};
/* clang-format on */

language_act language_act_of(const language_rule *r)
{
    return r->act;
}

const char *language_rule_name(size_t i)
{
    return i < sizeof rules / sizeof *rules ? rules[i].name : NULL;
}

int language_form(language l)
{
    return language_has_rules(l) ? UTF8_LIGATURE : 0;
}

/* ---- conditions of the rules ---- */

static bool is_empty(const language_piece *p)
{
    return p->s == p->end;
}

/* Appends a piece to word, in the form of the words in the rows. */
static int add_folded(buf *word, const language_piece *p, buf scratch[2])
{
    size_t n = p->end - p->s, i = 0;
    if (buf_reserve(word, n) < 0)
        return -1;
    for (; i < n && p->s[i] < 0x80; i++)
        word->data[word->len + i] = p->s[i] >= 'A' && p->s[i] <= 'Z' ? p->s[i] | 0x20 : p->s[i];
    if (i == n) {
        word->len += n;
        return 0;
    }
    return utf8_form(word, (const char *)p->s, p->end - p->s, UTF8_FOLD | UTF8_STRIP, scratch);
}

/* Whether s[n] is one of the words, which are separated by single spaces. */
static bool is_one_of(const char *words, const unsigned char *s, size_t n)
{
    while (*words) {
        size_t length = strcspn(words, " ");
        if (length == n && memcmp(words, s, n) == 0)
            return true;
        words += length + (words[length] == ' ');
    }
    return false;
}

/* Whether the pieces, with a hyphen between them, are one of the words. second may be NULL. False if
 * memory is out. */
static bool is_listed(const char *words, const language_piece *first, const language_piece *second,
                      buf scratch[3])
{
    buf *word = &scratch[2];
    word->len = 0;
    if (is_empty(first) || first->end - first->s > 64 || add_folded(word, first, scratch) < 0)
        return false;
    if (second &&
        (buf_add(word, "-", 1) < 0 || second->end - second->s > 64 || add_folded(word, second, scratch) < 0))
        return false;
    return is_one_of(words, word->data, word->len);
}

static bool is_one_letter(const language_piece *p)
{
    const unsigned char *s = p->s;
    if (is_empty(p) || !p->letters || utf8_get(&s) == '_')
        return false;
    while (s < p->end)
        if (utf8_classify(utf8_get(&s)) == UTF8_LETTER)
            return false;
    return true;
}

/* Letters that are not ASCII count as vowels: those that can follow an apostrophe in French are vowels. */
static bool begins_with_vowel(const language_piece *p)
{
    return !p->letters || *p->s >= 0x80 || strchr("aeiouyhAEIOUYH", *p->s);
}

/* Whether a sign of one of the kinds and a number follow the right piece. */
static bool number_follows(const language_place *p, int kinds)
{
    return p->after && (p->after->kind & kinds) && !is_empty(&p->next) && p->next.number;
}

/* Whether the left piece fits the rule; some rules require that it is the whole word so far. */
static bool left_fits(const language_rule *r, const language_place *p, buf scratch[3])
{
    const language_piece *left = p->left;
    switch (r->left) {
    case NOTHING:
        return !left;
    case ANYTHING:
        return true;
    case LISTED:
        return left && !p->before && is_listed(r->words, left, NULL, scratch);
    case LETTERS:
        return left && !p->before && left->letters;
    case LETTER:
        return left && (!p->before || p->before == r) && is_one_letter(left);
    case NUMBER:
        return left && left->number && (!p->before || p->before->left == NUMBER);
    default: /* WORD */
        return left && !left->number;
    }
}

static bool right_fits(const language_rule *r, const language_place *p, buf scratch[3])
{
    const language_piece *right = &p->right;
    const size_t n = right->end - right->s;
    const bool number = n > 0 && right->number, before_apostrophe = p->after && p->after->kind == APOSTROPHE;
    switch (r->right) {
    case VOWEL:
        return n > 0 ? begins_with_vowel(right) : !p->closes;
    case LETTERS:
        return n > 0 && right->letters;
    case LETTER: /* an elision begins before an apostrophe */
        return is_one_letter(right) && !before_apostrophe;
    case LISTED: /* or a quotation ends */
        return is_listed(r->words, right, NULL, scratch) && !before_apostrophe;
    case COMPOUND:
        return n > 0 && is_listed(r->words, p->left, right, scratch);
    case BEFORE:
        return p->after && p->after->kind == HYPHEN && is_listed("t", right, NULL, scratch) &&
               is_listed(r->words, &p->next, NULL, scratch);
    case NUMBER:
        return number;
    case CODE:
        return number && n <= 3 && !number_follows(p, ~0);
    case THOUSAND:
        return number && n == 3 && p->left->end - p->left->s <= 3;
    default: /* SERIES */
        return number && (p->before == r || number_follows(p, HYPHEN));
    }
}

const language_rule *language_find_rule(language l, const language_place *p, buf scratch[3])
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const language_rule *r = &rules[i];
        if ((r->languages & 1 << l) && (r->signs & p->sign->kind) && left_fits(r, p, scratch) &&
            right_fits(r, p, scratch))
            return r;
    }
    return NULL;
}

bool language_is_unit(language l, const unsigned char *s, const unsigned char *end, buf scratch[3])
{
    const language_piece piece = {.s = s, .end = end, .letters = true};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if ((rules[i].languages & 1 << l) && rules[i].act == LANGUAGE_CUT &&
            is_listed(rules[i].words, &piece, NULL, scratch))
            return true;
    return false;
}
