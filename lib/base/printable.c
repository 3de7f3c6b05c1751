/* SPDX-License-Identifier: Apache-2.0 */
#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { SHOWN = 80 };

/* Decodes the character at s, of which n bytes remain. Returns its length, and 0 if it is not one. */
static size_t decode(const unsigned char *s, size_t n, int32_t *c)
{
    const size_t length = s[0] < 0x80   ? 1
                          : s[0] < 0xc2 ? 0
                          : s[0] < 0xe0 ? 2
                          : s[0] < 0xf0 ? 3
                          : s[0] < 0xf5 ? 4
                                        : 0;
    if (length == 0 || length > n)
        return 0;
    *c = length == 1 ? s[0] : s[0] & (0x7f >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (s[i] & 0x3f);
    }
    return (length == 3 && *c < 0x800) || (length == 4 && *c < 0x10000) ? 0 : length; /* 0: overlong */
}

static bool acts_on_terminal(int32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* Appends a cleaned character of the text s[n] to out. Returns how many bytes of s it took. */
static size_t put(char **out, const unsigned char *s, size_t n, const char *allowed)
{
    int32_t c = 0;
    const size_t length = decode(s, n, &c);
    if (length == 0 || (acts_on_terminal(c) && !(c > 0 && c < 0x80 && strchr(allowed, c)))) {
        *(*out)++ = '?';
        return length ? length : 1;
    }
    memmove(*out, s, length);
    *out += length;
    return length;
}

void printable_clean(char *text, const char *allowed)
{
    const unsigned char *s = (const unsigned char *)text;
    const size_t n = strlen(text);
    char *out = text;
    for (size_t at = 0; at < n;)
        at += put(&out, s + at, n - at, allowed);
    *out = '\0';
}

const char *printable_id(char out[PRINTABLE_ROOM], const char *id, size_t n)
{
    char *to = out, character[4];
    for (size_t at = 0; at < n;) {
        char *end = character;
        at += put(&end, (const unsigned char *)id + at, n - at, "");
        const size_t size = (size_t)(end - character);
        if ((size_t)(to - out) + size > SHOWN) {
            memcpy(to, "...", 3);
            to += 3;
            break;
        }
        memcpy(to, character, size);
        to += size;
    }
    *to = '\0';
    return out;
}
