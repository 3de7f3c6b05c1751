/* SPDX-License-Identifier: Apache-2.0 */
/* Allocation with posix_memalign() and realloc(). There are no pools and no counters. */
#include "base/mem.h"
#include "base/err.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes of a huge page. Without huge pages the kernel maps 512 small pages, each at its first access. */
#define HUGE_PAGE (2 << 20)

static int out_of_memory(size_t n, size_t size)
{
    return err_memory("out of memory: cannot allocate %zu times %zu bytes", n, size);
}

/* Rounds up to whole cache lines, at least one. Asks for huge pages if the allocation holds a whole one.
 * The kernel may ignore this. */
void *mem_room(size_t n, size_t size)
{
    size_t bytes;
    void *p = NULL;
    if (!__builtin_mul_overflow(n, size, &bytes) && bytes <= PTRDIFF_MAX - MEM_ALIGN) {
        bytes = (bytes + MEM_ALIGN - 1) / MEM_ALIGN * MEM_ALIGN;
        if (posix_memalign(&p, bytes < HUGE_PAGE ? MEM_ALIGN : HUGE_PAGE, bytes > 0 ? bytes : MEM_ALIGN) != 0)
            p = NULL;
    }
    if (p == NULL)
        out_of_memory(n, size);
    else if (bytes >= HUGE_PAGE)
        (void)madvise(p, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
    return p;
}

void *mem_array(size_t n, size_t size)
{
    void *p = mem_room(n, size);
    if (p != NULL)
        memset(p, 0, n * size);
    return p;
}

/* The first allocation is exact. Later ones grow by at least half, so that appending n elements one by one
 * costs O(n) time. */
static size_t grown(size_t have, size_t n)
{
    size_t more = have <= SIZE_MAX - have / 2 ? have + have / 2 : n;
    return more > n ? more : n;
}

int mem_grow(void *p, size_t *have, size_t n, size_t size)
{
    if (n <= *have)
        return 0;
    size_t room = grown(*have, n);
    void *old, *new = mem_room(room, size);
    if (new == NULL)
        return -1;
    memcpy(&old, p, sizeof old);
    if (old != NULL)
        memcpy(new, old, *have * size);
    free(old);
    memcpy(p, &new, sizeof new);
    *have = room;
    return 0;
}

char *mem_strndup(const char *s, size_t n)
{
    char *copy = n < PTRDIFF_MAX ? malloc(n + 1) : NULL;
    if (copy == NULL) {
        out_of_memory(n, 1);
        return NULL;
    }
    if (n > 0)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

void mem_free(void *p)
{
    free(p);
}

int buf_reserve(buf *b, size_t more)
{
    if (more <= b->cap - b->len)
        return 0;
    if (more > PTRDIFF_MAX - b->len)
        return out_of_memory(more, 1);
    size_t cap = grown(b->cap, b->len + more);
    /* No huge pages: realloc() would move them one by one, and a virtual machine that gives large free blocks
     * back to its host must get each new one from there. */
    unsigned char *data = realloc(b->data, cap);
    if (data == NULL)
        return out_of_memory(cap, 1);
    b->data = data;
    b->cap = cap;
    return 0;
}

int buf_add(buf *b, const void *data, size_t n)
{
    if (n == 0)
        return 0;
    if (buf_reserve(b, n) < 0)
        return -1;
    memcpy(b->data + b->len, data, n);
    b->len += n;
    return 0;
}

void buf_free(buf *b)
{
    free(b->data);
    *b = (buf){0};
}
