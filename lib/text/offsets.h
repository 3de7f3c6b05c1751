/* SPDX-License-Identifier: Apache-2.0 */
/* Positions in a text, counted in the units of different formats. ecan counts Unicode code points, as Python
 * does. Java, JavaScript and C# count UTF-16 code units: a character above U+FFFF has two. */
#ifndef ECAN_TEXT_OFFSETS_H
#define ECAN_TEXT_OFFSETS_H

#include <stddef.h>
#include <sys/types.h>

typedef enum offset_unit {
    OFFSET_CODE_POINTS,
    OFFSET_UTF16, /* UTF-16 code units */
    OFFSET_BYTES, /* bytes of UTF-8 */
    OFFSET_LINES  /* code points, and CR LF is one: a program that read the text converted its line ends */
} offset_unit;

enum { OFFSET_UNITS = 4 };

/* "code-points", "utf-16", "bytes": names of the first three, for options and files. */
#define OFFSET_UNIT_NAMES "code-points|utf-16|bytes"
const char *offset_unit_name(offset_unit unit);
/* The unit with that name, or -1. */
int offset_unit_find(const char *name);

/* The number of units of s[0 .. n), which is UTF-8. */
size_t offset_count(const char *s, size_t n, offset_unit unit);

/* The bytes of s[0 .. n) before position `at`. -1: the text is shorter, or the position is within a
 * character. */
ssize_t offset_bytes(const char *s, size_t n, size_t at, offset_unit unit);

/* Converts position *at of s[0 .. n) from one unit to another. 0, or -1 with *at unchanged, and without a
 * message, if the text has no such position. */
int offset_convert(const char *s, size_t n, offset_unit from, offset_unit to, size_t *at);

#endif
