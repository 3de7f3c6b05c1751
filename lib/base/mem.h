/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: overflow-checked allocation and a growing byte buffer.
 * Every allocation can fail: NULL (or -1) with the message set. */
#ifndef ECAN_BASE_MEM_H
#define ECAN_BASE_MEM_H

#include <stddef.h>

#define MEM_ALIGN 64 /* bytes: a cache line, and a vector of 16 floats */

/* n * size bytes, zeroed, aligned to MEM_ALIGN; owned by the caller, freed with mem_free().
 * n == 0 gives a pointer that may be freed and not read. NULL when n * size overflows. */
void *mem_array(size_t n, size_t size);
/* The same, not zeroed: for what is written whole before it is read. */
void *mem_room(size_t n, size_t size);

/* Grows p (from mem_array or mem_grow, or NULL) to hold n elements of size bytes;
 * *have counts the elements there are, and is updated. New bytes are not zeroed.
 * 0, or -1 with *p and *have unchanged. p points to the caller's pointer. */
int mem_grow(void *p, size_t *have, size_t n, size_t size);

/* A NUL-ended copy of n bytes. */
char *mem_strndup(const char *s, size_t n);

void mem_free(void *p);

/* Bytes in a row. data[0 .. len) are filled; a zeroed struct is an empty buffer. */
typedef struct buf {
    unsigned char *data;
    size_t len, cap;
} buf;

int buf_reserve(buf *b, size_t more); /* room for `more` bytes behind len; 0 or -1 */
int buf_add(buf *b, const void *data, size_t n);
void buf_free(buf *b); /* and leaves it empty */

#endif
