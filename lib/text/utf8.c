/* SPDX-License-Identifier: Apache-2.0 */
#include "text/utf8.h"

#include "base/err.h"

#include <string.h>
#include <utf8proc.h>

size_t utf8_put(int32_t c, char s[4])
{
    return utf8proc_encode_char(c, (utf8proc_uint8_t *)s);
}

static bool joins(int32_t c)
{
    return c == 0xad || c == 0x200c || c == 0x200d || c == 0x2060 || c == 0xfeff;
}

utf8_class utf8_classify(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return UTF8_LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return UTF8_NUMBER;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return UTF8_MARK;
    default:
        return c == '_' ? UTF8_LETTER : joins(c) ? UTF8_JOINER : UTF8_OTHER;
    }
}

/* Letters and numbers that have no decomposition and no case folding. Jamo are excluded: they compose with
 * each other. */
bool utf8_inert(int32_t c)
{
    const utf8proc_property_t *p = utf8proc_get_property(c);
    bool jamo = c >= 0x1100 && c <= 0x11ff;
    return p->decomp_seqindex == UINT16_MAX && p->casefold_seqindex == UINT16_MAX && !jamo &&
           utf8_classify(c) != UTF8_MARK;
}

/* ---- canonical order ---- */

/* Up to this many marks are sorted by insertion. A word has few, but a hostile text may consist of them. */
enum { FEW_MARKS = 16, COMBINING_CLASSES = 256 };

static size_t combining_class(int32_t c)
{
    return utf8proc_get_property(c)->combining_class;
}

static int64_t order_few(int32_t *marks, size_t n)
{
    int64_t steps = 0;
    for (size_t i = 1; i < n; i++) {
        const int32_t c = marks[i];
        const size_t class = combining_class(c);
        size_t j = i;
        for (; j > 0 && combining_class(marks[j - 1]) > class; j--, steps++)
            marks[j] = marks[j - 1];
        marks[j] = c;
    }
    return steps;
}

/* Counting sort: marks of one class keep their order. */
static int64_t order_many(int32_t *marks, size_t n)
{
    size_t next[COMBINING_CLASSES + 1] = {0};
    int32_t *room = mem_room(n, sizeof *room);
    if (!room)
        return -1;
    for (size_t i = 0; i < n; i++)
        next[combining_class(marks[i]) + 1]++;
    for (size_t k = 0; k < COMBINING_CLASSES; k++)
        next[k + 1] += next[k];
    for (size_t i = 0; i < n; i++)
        room[next[combining_class(marks[i])]++] = marks[i];
    memcpy(marks, room, n * sizeof *marks);
    mem_free(room);
    return 2 * (int64_t)n;
}

/* utf8proc_decompose() also sorts, but by swapping adjacent characters: its time is quadratic in n. */
int64_t utf8_order(int32_t *codes, size_t n)
{
    int64_t steps = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && combining_class(codes[end]) > 0;)
            end++;
        const int64_t more =
            end - i > FEW_MARKS ? order_many(codes + i, end - i) : order_few(codes + i, end - i);
        if (more < 0)
            return -1;
        steps += more;
        end += end == i;
    }
    return steps;
}

/* ---- forms ---- */

/* codes := the characters of s[n], decomposed as the mapping says and in canonical order. Returns their
 * number, or -1. */
static utf8proc_ssize_t decompose(buf *codes, const char *s, size_t n, int mapping)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + n;
    const utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | mapping);
    int unused = 0;     /* state of the search for grapheme boundaries, which is not used */
    enum { MOST = 32 }; /* maximum number of characters that one is decomposed to: 18 in Unicode 15 */
    codes->len = 0;
    if (buf_reserve(codes, (n + MOST) * sizeof(int32_t)) <
        0) /* few characters become more than their number of bytes */
        return -1;
    while (p < end) {
        if (codes->cap - codes->len < MOST * sizeof(int32_t) && buf_reserve(codes, codes->len) < 0)
            return -1;
        const utf8proc_ssize_t got = utf8proc_decompose_char(
            utf8_get(&p), (utf8proc_int32_t *)(void *)(codes->data + codes->len), MOST, options, &unused);
        if (got < 0 || got > MOST)
            return err_set("%s", utf8proc_errmsg(got < 0 ? got : UTF8PROC_ERROR_OVERFLOW));
        codes->len += got * sizeof(int32_t);
    }
    const size_t count = codes->len / sizeof(int32_t);
    return utf8_order((int32_t *)(void *)codes->data, count) < 0 ? -1 : (utf8proc_ssize_t)count;
}

/* out := s[n], mapped and composed. Like utf8proc_map(), without its allocation. */
static int map(buf *out, const buf *s, int mapping)
{
    utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE | mapping);
    utf8proc_ssize_t got = decompose(out, (const char *)s->data, s->len, mapping);
    if (got < 0 || buf_reserve(out, 1) < 0) /* a NUL is written after the last character */
        return -1;
    got = utf8proc_reencode((utf8proc_int32_t *)(void *)out->data, got, options);
    if (got < 0)
        return err_set("%s", utf8proc_errmsg(got));
    out->len = got;
    return 0;
}

/* Letters that have no decomposition, and how people usually write them without special characters. */
static const struct {
    int32_t c;
    int form; /* form in which it is replaced */
    char plain[4];
} letters[] = {{0xc6, UTF8_LIGATURE | UTF8_STRIP, "AE"},
               {0xe6, UTF8_LIGATURE | UTF8_STRIP, "ae"},
               {0x132, UTF8_LIGATURE | UTF8_STRIP, "IJ"},
               {0x133, UTF8_LIGATURE | UTF8_STRIP, "ij"},
               {0x152, UTF8_LIGATURE | UTF8_STRIP, "OE"},
               {0x153, UTF8_LIGATURE | UTF8_STRIP, "oe"},
               {0xfb00, UTF8_LIGATURE | UTF8_STRIP, "ff"},
               {0xfb01, UTF8_LIGATURE | UTF8_STRIP, "fi"},
               {0xfb02, UTF8_LIGATURE | UTF8_STRIP, "fl"},
               {0xfb03, UTF8_LIGATURE | UTF8_STRIP, "ffi"},
               {0xfb04, UTF8_LIGATURE | UTF8_STRIP, "ffl"},
               {0xfb05, UTF8_LIGATURE | UTF8_STRIP, "st"},
               {0xfb06, UTF8_LIGATURE | UTF8_STRIP, "st"},
               {0xd0, UTF8_STRIP, "D"},
               {0xf0, UTF8_STRIP, "d"},
               {0xd8, UTF8_STRIP, "O"},
               {0xf8, UTF8_STRIP, "o"},
               {0xde, UTF8_STRIP, "TH"},
               {0xfe, UTF8_STRIP, "th"},
               {0xdf, UTF8_STRIP, "ss"},
               {0x1e9e, UTF8_STRIP, "SS"},
               {0x110, UTF8_STRIP, "D"},
               {0x111, UTF8_STRIP, "d"},
               {0x126, UTF8_STRIP, "H"},
               {0x127, UTF8_STRIP, "h"},
               {0x131, UTF8_STRIP, "i"},
               {0x141, UTF8_STRIP, "L"},
               {0x142, UTF8_STRIP, "l"},
               {0x166, UTF8_STRIP, "T"},
               {0x167, UTF8_STRIP, "t"}};

static const char *plain_letters(int32_t c, int form)
{
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (letters[i].c == c && (letters[i].form & form))
            return letters[i].plain;
    return NULL;
}

/* Marks of Latin, Greek and Cyrillic letters: Unicode's blocks of combining diacritical marks. Marks of
 * other scripts, such as vowel signs, are more than accents. */
static bool is_accent(int32_t c)
{
    return (c >= 0x300 && c <= 0x36f) || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
           (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe20 && c <= 0xfe2f);
}

/* Replaces letters and accents of s, without composing. codes: working memory. */
static int replace(buf *s, int form, buf *codes)
{
    utf8proc_ssize_t n = decompose(codes, (const char *)s->data, s->len, 0);
    s->len = 0;
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        int32_t c;
        char bytes[4];
        memcpy(&c, codes->data + i * sizeof c, sizeof c);
        if ((form & UTF8_STRIP) && is_accent(c))
            continue;
        const char *plain = plain_letters(c, form);
        if (buf_add(s, plain ? plain : bytes, plain ? strlen(plain) : utf8_put(c, bytes)) < 0)
            return -1;
    }
    return n < 0 ? -1 : 0;
}

/* Appends n bytes if all are ASCII, whose only form is that of their case. Returns 1, 0 if they are not, or
 * -1. */
static int ascii_form(buf *out, const char *s, size_t n, int form)
{
    unsigned char all = 0;
    for (size_t i = 0; i < n; i++)
        all |= (unsigned char)s[i];
    if (all >= 0x80)
        return 0;
    if (n == 0) /* out may have no memory */
        return 1;
    if (buf_add(out, s, n) < 0)
        return -1;
    for (unsigned char *c = out->data + out->len - n; form & UTF8_FOLD && n > 0; c++, n--)
        *c = *c >= 'A' && *c <= 'Z' ? (unsigned char)(*c + 'a' - 'A') : *c;
    return 1;
}

/* Case folding decomposes characters in the order of the text. So they are first put into canonical order
 * (U+0345 is a mark that folds to a letter). */
int utf8_form(buf *out, const char *s, size_t n, int form, buf scratch[2])
{
    buf *now = &scratch[0], *next = &scratch[1], text = {.data = (unsigned char *)s, .len = n};
    const int ascii = ascii_form(out, s, n, form);
    if (ascii)
        return ascii < 0 ? -1 : 0;
    if (map(now, &text, 0) < 0)
        return -1;
    if (form & UTF8_FOLD) {
        if (map(next, now, UTF8PROC_CASEFOLD) < 0)
            return -1;
        now = &scratch[1];
        next = &scratch[0];
    }
    if (form & (UTF8_LIGATURE | UTF8_STRIP)) {
        if (replace(now, form, next) < 0 || map(next, now, 0) < 0)
            return -1;
        now = next;
    }
    return buf_add(out, now->data, now->len);
}

int32_t utf8_lower(int32_t c)
{
    return utf8proc_tolower(c);
}

/* Cased letters outside of Lu, Ll and Lt: the ordinal indicators and the Roman numerals. Other cased
 * characters are marks, signs, or Lm, which are ignorable. */
bool utf8_cased(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return true;
    default:
        return c == 0xaa || c == 0xba || (c >= 0x2160 && c <= 0x217f);
    }
}

bool utf8_case_ignorable(int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_LM;
}
