/* SPDX-License-Identifier: Apache-2.0 */
/* A library to preload, that makes allocations fail: FAULT=memory:N (inject.h). Separate from fault.c,
 * because sanitizers have their own allocator. Allocations of the loader and of the C library count too. */
#include "inject.h"

/* glibc's names for the functions that are hidden here. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static bool out(void)
{
    return fails("memory", ENOMEM);
}

void *malloc(size_t n)
{
    return out() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return out() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    return out() ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return out() ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    *p = out() ? NULL : __libc_memalign(alignment, n);
    return *p ? 0 : ENOMEM;
}
