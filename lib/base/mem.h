/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation with overflow checks, growing arrays, and a growing byte buffer. Every allocation can fail:
 * the function returns NULL (or -1) and sets the message. */
#ifndef ECAN_BASE_MEM_H
#define ECAN_BASE_MEM_H

#include <stddef.h>

#define MEM_ALIGN 64 /* bytes: a cache line, or 16 floats */

/* Returns n * size bytes, zeroed and aligned to MEM_ALIGN. Owned by the caller, who frees it with
 * mem_free(). For n == 0 the pointer may be freed but not read. NULL if n * size overflows. */
void *mem_array(size_t n, size_t size);
/* The same without zeroing, for memory that is written completely before it is read. */
void *mem_room(size_t n, size_t size);

/* Grows the array *p to at least n elements of `size` bytes. p points to the caller's pointer, which is
 * NULL or comes from mem_array or mem_grow. *have is the number of elements allocated and is updated. It
 * grows by at least half, so appending one by one is cheap. New elements are not zeroed. Returns 0, or -1
 * with *p and *have unchanged. */
int mem_grow(void *p, size_t *have, size_t n, size_t size);

/* A copy of n bytes with a terminating NUL. Owned by the caller (mem_free). */
char *mem_strndup(const char *s, size_t n);

void mem_free(void *p);

/* A growing byte buffer. data[0 .. len) is filled. A zeroed struct is an empty buffer. */
typedef struct buf {
    unsigned char *data;
    size_t len, cap;
} buf;

int buf_reserve(buf *b, size_t more); /* makes room for `more` bytes after len; 0 or -1 */
int buf_add(buf *b, const void *data, size_t n);
void buf_free(buf *b); /* also empties it */

#endif
