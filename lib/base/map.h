/* SPDX-License-Identifier: Apache-2.0 */
/* A table from strings (any bytes, no NUL needed) to consecutive integers 0, 1, 2, ...
 * in order of arrival. Strings are copied. */
#ifndef ECAN_BASE_MAP_H
#define ECAN_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct map map;

map *map_new(void);
void map_free(map *m);
void map_clear(map *m); /* no strings again, memory kept */

/* The number of the string, or -1 where it is not in the table. */
int32_t map_find(const map *m, const char *s, size_t n);

/* The number of the string, which is added if it is new; -1 when memory is out. */
int32_t map_add(map *m, const char *s, size_t n);

/* Room for n more strings of so many bytes, a NUL behind each included. 0 or -1. */
int map_reserve(map *m, size_t n, size_t bytes);

/* Adds the lines of a text, in order, without their line feeds, which the last one may lack: many new strings
 * in a fraction of the time of one by one. Ends before a line that is empty or there already. *at: where the
 * first line begins that was not added; n or n + 1 when all were. 0, or -1 when memory is out. */
int map_add_lines(map *m, const char *text, size_t n, size_t *at);

int32_t map_size(const map *m);

/* String i, NUL-ended behind its *n bytes (n may be NULL). Borrowed until map_add or map_free. */
const char *map_key(const map *m, int32_t i, size_t *n);

/* The 64-bit hash that the table uses (keyed by nothing: the same in every run). */
uint64_t map_hash(const char *s, size_t n);

#endif
