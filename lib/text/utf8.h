/* SPDX-License-Identifier: Apache-2.0 */
/* Unicode: reading UTF-8 character by character, what a character is, and the forms in which words are
 * compared. The bytes are well-formed UTF-8 throughout (io/utf8check.h tells). */
#ifndef ECAN_TEXT_UTF8_H
#define ECAN_TEXT_UTF8_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum utf8_class {
    UTF8_OTHER,
    UTF8_LETTER, /* L*, and the underscore */
    UTF8_NUMBER, /* N*: digits of any script, Roman numerals, fractions, superscripts */
    UTF8_MARK,   /* M*: combining accents, vowel signs */
    UTF8_JOINER  /* invisible inside a word: soft hyphen, zero width joiner and non-joiner, word joiner */
} utf8_class;

/* The character at *p, and moves past it. No length checks: the lead byte of well-formed UTF-8 tells how many
 * bytes follow. */
static inline int32_t utf8_get(const unsigned char **p)
{
    const unsigned char *s = *p;
    if (s[0] < 0x80) {
        *p += 1;
        return s[0];
    }
    if (s[0] < 0xe0) {
        *p += 2;
        return (s[0] & 0x1f) << 6 | (s[1] & 0x3f);
    }
    if (s[0] < 0xf0) {
        *p += 3;
        return (s[0] & 0x0f) << 12 | (s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    }
    *p += 4;
    return (s[0] & 0x07) << 18 | (s[1] & 0x3f) << 12 | (s[2] & 0x3f) << 6 | (s[3] & 0x3f);
}

/* Writes c, 1 to 4 bytes; returns how many. */
size_t utf8_put(int32_t c, char s[4]);

utf8_class utf8_classify(int32_t c);

/* Whether a letter or number is itself in every form below, as long as no mark follows. */
bool utf8_inert(int32_t c);

/* What is done to a word besides composing it (NFC): any of these. */
enum {
    UTF8_FOLD = 1,     /* full case folding: ß is ss, ﬁ is fi, both small sigmas are σ */
    UTF8_LIGATURE = 2, /* œ, æ, ĳ, ﬁ and their like become two letters */
    UTF8_STRIP = 4 /* accents go, which are the combining diacritical marks that letters are made with; ø, ł,
                      ß and other letters that are not become the plain ones that people write for them, and
                      so do ligatures */
};

/* Appends n bytes in a form. 0 or -1. scratch: room to work in, kept from call to call. */
int utf8_form(buf *out, const char *s, size_t n, int form, buf scratch[2]);

static inline int utf8_fold(buf *out, const char *s, size_t n, buf scratch[2])
{
    return utf8_form(out, s, n, UTF8_FOLD, scratch);
}

/* Puts each run of marks of codes[n] into canonical order: by combining class, marks of one class as they
 * came. The number of moves, which is at most 8 n; -1 when memory is out. */
int64_t utf8_order(int32_t *codes, size_t n);

/* Simple lower case: one character for one. */
int32_t utf8_lower(int32_t c);
/* For the final sigma, as far as letters and numbers are concerned: whether c has a case (Unicode's Cased),
 * and whether case is to be looked for behind c (Case_Ignorable). */
bool utf8_cased(int32_t c);
bool utf8_case_ignorable(int32_t c);

#endif
