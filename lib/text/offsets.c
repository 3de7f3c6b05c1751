/* SPDX-License-Identifier: Apache-2.0 */
#include "text/offsets.h"

#include <string.h>

static const char *const names[] = {"code-points", "utf-16", "bytes"};

const char *offset_unit_name(offset_unit unit)
{
    return names[unit];
}

int offset_unit_find(const char *name)
{
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

/* The number of bytes of the character at s, of n > 0 bytes of UTF-8; CR LF is one character of OFFSET_LINES.
 * *units: how much it counts. */
static size_t step(const char *s, size_t n, offset_unit unit, size_t *units)
{
    const unsigned char c = (unsigned char)*s;
    const size_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    *units = unit == OFFSET_BYTES ? size : unit == OFFSET_UTF16 && size == 4 ? 2 : 1;
    if (unit == OFFSET_LINES && c == '\r' && n > 1 && s[1] == '\n')
        return 2;
    return size < n ? size : n;
}

size_t offset_count(const char *s, size_t n, offset_unit unit)
{
    size_t count = 0, units;
    if (unit == OFFSET_BYTES)
        return n;
    for (size_t i = 0; i < n; count += units)
        i += step(s + i, n - i, unit, &units);
    return count;
}

ssize_t offset_bytes(const char *s, size_t n, size_t at, offset_unit unit)
{
    size_t i = 0, count = 0, units;
    for (; count < at && i < n; count += units)
        i += step(s + i, n - i, unit, &units);
    return count == at ? (ssize_t)i : -1;
}

int offset_convert(const char *s, size_t n, offset_unit from, offset_unit to, size_t *at)
{
    const ssize_t bytes = offset_bytes(s, n, *at, from);
    if (bytes < 0)
        return -1;
    *at = offset_count(s, (size_t)bytes, to);
    return 0;
}
