/* SPDX-License-Identifier: Apache-2.0 */
/* Unicode: reads UTF-8 character by character, classifies characters, and normalises words for comparison.
 * All input must be valid UTF-8 (see io/utf8check.h). */
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

/* Returns the character at *p and moves past it. Lengths are not checked: the first byte gives the number
 * of bytes in valid UTF-8. */
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

/* Writes c as 1 to 4 bytes. Returns their number. */
size_t utf8_put(int32_t c, char s[4]);

utf8_class utf8_classify(int32_t c);

/* Whether a letter or number is unchanged in every form below if no mark follows. */
bool utf8_inert(int32_t c);

/* Forms of a word in addition to composition (NFC). They can be combined. */
enum {
    UTF8_FOLD = 1,     /* full case folding: ß is ss, ﬁ is fi, both small sigmas are σ */
    UTF8_LIGATURE = 2, /* œ, æ, ĳ, ﬁ and similar ligatures become two letters */
    UTF8_STRIP = 4 /* combining diacritical marks are removed; ø, ł, ß and other letters without marks are
                      replaced by the usual plain letters, ligatures by two letters */
};

/* Appends n bytes in a form. 0 or -1. scratch: working memory, reused by later calls. */
int utf8_form(buf *out, const char *s, size_t n, int form, buf scratch[2]);

static inline int utf8_fold(buf *out, const char *s, size_t n, buf scratch[2])
{
    return utf8_form(out, s, n, UTF8_FOLD, scratch);
}

/* Puts each run of marks in codes[n] into canonical order: by combining class, stable within a class.
 * Returns the number of moves, at most 8 n, or -1 if memory is out. */
int64_t utf8_order(int32_t *codes, size_t n);

/* Simple lower case: one character for each character. */
int32_t utf8_lower(int32_t c);
/* For the final sigma, for letters and numbers: whether c is cased (Unicode's Cased), and whether it is
 * skipped when looking for case (Case_Ignorable). */
bool utf8_cased(int32_t c);
bool utf8_case_ignorable(int32_t c);

#endif
