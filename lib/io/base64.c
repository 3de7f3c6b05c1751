/* SPDX-License-Identifier: Apache-2.0 */
#include "io/base64.h"

#include "base/err.h"

#include <stdint.h>
#include <string.h>

enum { BLANK = -1, PADDING = -2, WRONG = -3 };

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? PADDING : c && strchr(" \t\r\n", c) ? BLANK : WRONG;
}

int base64_encode(buf *out, const void *data, size_t n)
{
    const unsigned char *s = data;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        unsigned bits =
            (unsigned)s[i] << 16 | (left > 1 ? (unsigned)s[i + 1] << 8 : 0) | (left > 2 ? s[i + 2] : 0);
        char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63], left > 1 ? digits[bits >> 6 & 63] : '=',
                        left > 2 ? digits[bits & 63] : '='};
        if (buf_add(out, four, 4) < 0)
            return -1;
    }
    return 0;
}

int base64_decode(buf *out, const char *s, size_t n)
{
    uint32_t bits = 0;
    int digits = 0, padding = 0; /* in the current group of four */
    if (buf_reserve(out, n / 4 * 3 + 3))
        return -1;
    for (size_t i = 0; i < n; i++) {
        const int v = value_of(s[i]);
        if (v == BLANK)
            continue;
        if (v == WRONG || (padding && v != PADDING) || (v == PADDING && digits < 2))
            return err_set("character %zu is not base64", i + 1);
        padding += v == PADDING;
        bits = bits << 6 | (v == PADDING ? 0 : (uint32_t)v);
        if (++digits < 4)
            continue;
        for (int k = 0; k < 3 - padding; k++)
            out->data[out->len++] = (unsigned char)(bits >> (16 - 8 * k));
        bits = 0;
        digits = 0;
        if (padding > 2)
            return err_set("character %zu is not base64", i + 1);
        padding = padding ? 4 : 0; /* nothing may follow */
    }
    return digits == 0 ? 0 : err_set("base64 that ends early");
}
