#include "text/utf8.h"

#include "base/err.h"

#include <string.h>
#include <utf8proc.h>

/* No length checks: the lead byte of well-formed UTF-8 tells how many bytes follow. */
int32_t utf8_get(const unsigned char **p)
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

size_t utf8_put(int32_t c, char s[4])
{
    return (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)s);
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

/* codes := the characters of s[n], taken apart and mapped. Their number, or -1. */
static utf8proc_ssize_t take_apart(buf *codes, const char *s, size_t n, utf8proc_option_t options)
{
    size_t room = n; /* characters; few become more than they have bytes */
    for (;;) {
        codes->len = 0;
        if (buf_reserve(codes, (room + 1) * sizeof(utf8proc_int32_t)) < 0)
            return -1;
        utf8proc_ssize_t got =
            utf8proc_decompose((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n,
                               (utf8proc_int32_t *)(void *)codes->data, (utf8proc_ssize_t)room, options);
        if (got < 0)
            return err_set("%s", utf8proc_errmsg(got));
        if ((size_t)got <= room)
            return got;
        room = (size_t)got;
    }
}

/* out := s[n], mapped and composed: utf8proc_map() without its allocation. */
static int map(buf *out, const char *s, size_t n, int mapping)
{
    utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE | mapping);
    utf8proc_ssize_t got = take_apart(out, s, n, options);
    if (got < 0)
        return -1;
    got = utf8proc_reencode((utf8proc_int32_t *)(void *)out->data, got, options);
    if (got < 0)
        return err_set("%s", utf8proc_errmsg(got));
    out->len = (size_t)got;
    return 0;
}

/* Folding takes characters apart in the order in which they stand, so that they are put into
 * canonical order first (U+0345 is a mark, and folds to a letter). */
int utf8_fold(buf *out, const char *s, size_t n, buf scratch[2])
{
    if (map(&scratch[0], s, n, 0) < 0)
        return -1;
    if (map(&scratch[1], (const char *)scratch[0].data, scratch[0].len, UTF8PROC_CASEFOLD) < 0)
        return -1;
    return buf_add(out, scratch[1].data, scratch[1].len);
}

int32_t utf8_lower(int32_t c)
{
    return utf8proc_tolower(c);
}

/* Cased letters outside Lu, Ll and Lt: the ordinal indicators, and Roman numerals. Other cased characters
 * are marks or signs, or Lm and so ignorable. */
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
