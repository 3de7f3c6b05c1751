/* Unicode: reading UTF-8 character by character, what a character is, and caseless matching. The
 * bytes are well-formed UTF-8 throughout (io/utf8check.h tells). */
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

/* The character at *p, and moves past it. */
int32_t utf8_get(const unsigned char **p);
/* Writes c, 1 to 4 bytes; returns how many. */
size_t utf8_put(int32_t c, char s[4]);

utf8_class utf8_classify(int32_t c);

/* Appends n bytes in the form in which words are compared: NFC, full case folding, NFC. 0 or -1.
 * scratch: room to work in, kept from call to call. */
int utf8_fold(buf *out, const char *s, size_t n, buf scratch[2]);

/* Simple lower case: one character for one. */
int32_t utf8_lower(int32_t c);
/* For the final sigma, as far as letters and numbers are concerned: whether c has a case (Unicode's Cased),
 * and whether case is to be looked for behind c (Case_Ignorable). */
bool utf8_cased(int32_t c);
bool utf8_case_ignorable(int32_t c);

#endif
