/* SPDX-License-Identifier: Apache-2.0 */
/* JSON. Values are those of jansson. This is the only file that includes jansson.h. Where a function of
 * jansson has a counterpart here, the counterpart is used.
 *
 * Texts that are not JSON, invalid UTF-8, duplicate keys and NaN are errors. Messages give line, column and
 * byte, and never quote the text. Arrays and objects are nested at most WALK_DEPTH deep. */
#ifndef ECAN_IO_JSON_H
#define ECAN_IO_JSON_H

#include "base/mem.h"
#include "io/jsonpull.h"

#include <jansson.h>

#include <stddef.h>
#include <stdio.h>

/* Parses one JSON value from n bytes. Owned by the caller (json_decref). NULL with the message set. \u0000
 * in strings is allowed. */
json_t *ecan_json_parse(const char *s, size_t n);
/* The same for one line of JSON Lines. The message gives no line number, because the caller counts lines. */
json_t *ecan_json_parse_line(const char *s, size_t n);

/* Reads several values from one text. They need not be on lines of their own. A byte order mark before a
 * value is skipped. */
typedef struct ecan_json_reader {
    size_t line; /* the line in which the last value begins */

    const char *s; /* private, like the members below */
    buf copy;
    jsonpull pull;
    size_t counted, lines;
} ecan_json_reader;

/* s[0 .. n) is borrowed. 0, or -1 if it is not UTF-8. Call ecan_json_close() in both cases. */
int ecan_json_open(ecan_json_reader *in, const char *s, size_t n);
void ecan_json_close(ecan_json_reader *in);
/* 1: *v is the next value, owned by the caller. 0: there is none. -1 with "line L, column C, byte N: reason".
 */
int ecan_json_next(ecan_json_reader *in, json_t **v);
/* After an error, continues at the next line that begins with a brace. */
void ecan_json_skip(ecan_json_reader *in);

/* Parses a whole file. NULL with the message set, which begins with path. */
json_t *ecan_json_read_file(const char *path);

/* Adds a value to an object, or to the end of an array: json_object_set_new() and json_array_append_new().
 * The value is taken. It can be NULL, when memory was out. 0, or -1 when memory is out. Callers need not
 * check the result: after a failure, the next ecan_json_complete() or writing function of this thread fails.
 */
int ecan_json_set(json_t *object, const char *key, json_t *value);
int ecan_json_append(json_t *array, json_t *value);
/* Returns v. If v is NULL or a value could not be added, releases v and returns NULL with the message set. */
json_t *ecan_json_complete(json_t *v);

/* *to is the number of the key. 0, or -1: it is missing, not a number, or not within low .. high. */
int ecan_json_number(double *to, const json_t *object, const char *key, double low, double high);

/* Converts one whole msgpack object to JSON (as io/show.h shows it). New reference. NULL with the message
 * set. */
json_t *ecan_json_from_msgpack(const unsigned char *data, size_t n);

/* Returns the first key whose value differs between two objects or that only one of them has. Returns ""
 * if one of them is not an object, NULL if they are equal. Borrowed. */
const char *ecan_json_difference(const json_t *a, const json_t *b);

/* Converts a float to the shortest decimal that reads back as the same float: 0.1f prints as 0.1. NaN and
 * infinities become null. New reference. */
json_t *ecan_json_float(float f);
json_t *ecan_json_double(double d); /* the same for a double */

/* Writes v on one line, without a line feed. Object keys are in order of insertion. Owned by the caller
 * (free). NULL if memory is out. */
char *ecan_json_text(const json_t *v);
int ecan_json_write_line(FILE *f, const json_t *v); /* the text and a line feed; 0 or -1 */
int ecan_json_write_file(
    const char *path,
    const json_t *v); /* indented text; checks the close; 0, or -1 with the path in the message */

#endif
