/* SPDX-License-Identifier: Apache-2.0 */
/* Accepts the well-formed byte sequences of table 3-7 of the Unicode Standard. */
#include "io/utf8check.h"

#include "base/little_endian.h"

#include <stdint.h>
#include <string.h>

static bool follows(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

size_t utf8_length(const unsigned char *s, size_t n)
{
    unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    size_t length = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (n < length)
        return 0;
    unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80; /* lower values would be overlong */
    unsigned char high = c == 0xed   ? 0x9f
                         : c == 0xf4 ? 0x8f
                                     : 0xbf; /* higher values are surrogates or beyond U+10FFFF */
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!follows(s[i]))
            return 0;
    return length;
}

/* Whether 1 to 7 bytes are ASCII. Reads that overlap are faster than a loop. */
static bool few_are_ascii(const unsigned char *s, size_t n)
{
    if (n >= 4)
        return ((load_le32(s) | load_le32(s + n - 4)) & 0x80808080u) == 0;
    return ((s[0] | s[n / 2] | s[n - 1]) & 0x80) == 0;
}

/* Tests eight bytes of ASCII at a time. Characters of two bytes, the most common others, are also tested
 * here. */
bool utf8_check(const unsigned char *s, size_t n, size_t *bad)
{
    size_t i = 0;
    while (i < n) {
        uint64_t eight;
        if (n - i >= 8) {
            eight = load_le64(s + i) & 0x8080808080808080u;
            if (eight == 0) {
                i += 8;
                continue;
            }
            i += (size_t)__builtin_ctzll(eight) / 8;
        } else if (few_are_ascii(s + i, n - i)) {
            return true;
        }
        if (n - i >= 2 && s[i] >= 0xc2 && s[i] < 0xe0 && follows(s[i + 1])) {
            i += 2;
            continue;
        }
        size_t length = utf8_length(s + i, n - i);
        if (length == 0) {
            *bad = i;
            return false;
        }
        i += length;
    }
    return true;
}
