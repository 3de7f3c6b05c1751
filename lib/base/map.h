/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table from strings to consecutive integers 0, 1, 2, ... in order of insertion. Strings are any
 * bytes and need no NUL. They are copied. */
#ifndef ECAN_BASE_MAP_H
#define ECAN_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct map map;

map *map_new(void);
void map_free(map *m);
void map_clear(map *m); /* removes all strings and keeps the memory */

/* Returns the number of the string, or -1 if it is not in the table. */
int32_t map_find(const map *m, const char *s, size_t n);

/* Returns the number of the string and adds it if it is new. -1 if memory is out. */
int32_t map_add(map *m, const char *s, size_t n);

/* The same with the string's map_hash(). The memory that it reads first was prefetched if map_prefetch() was
 * called some time before. */
int32_t map_add_hashed(map *m, uint64_t hash, const char *s, size_t n);
void map_prefetch(const map *m, uint64_t hash);

/* Makes room for n more strings of `bytes` bytes in total, each with its NUL. 0 or -1. */
int map_reserve(map *m, size_t n, size_t bytes);

/* Adds the lines of a text in order, without their line feeds. The last line may lack its line feed. This
 * is much faster than adding many new strings one by one. It stops before a line that is empty or already
 * in the table. *at is set to the offset of the first line that was not added, or to n or n + 1 if all
 * were added. Returns 0, or -1 if memory is out. */
int map_add_lines(map *m, const char *text, size_t n, size_t *at);

int32_t map_size(const map *m);

/* String i, followed by a NUL after its *n bytes (n may be NULL). Borrowed until map_add or map_free. */
const char *map_key(const map *m, int32_t i, size_t *n);

/* The 64-bit hash that the table uses. It has no key: it is the same in every run. */
uint64_t map_hash(const char *s, size_t n);

#endif
