/* SPDX-License-Identifier: Apache-2.0 */
/* A library to preload, in which only the N-th allocation fails. For fault.bats:
 *
 *     FAULT=memory:7 FAULT_FIRED=file LD_PRELOAD=build/tests/memory.so ecan-tokenize ...
 *
 * Apart from fault.c, because sanitizers have an allocator of their own. Allocations of the loader and of the
 * C library itself count too. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's names for the functions that are hidden here. */
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);

static long at;
static atomic_long calls;

__attribute__((constructor)) static void start(void)
{
    const char *fault = getenv("FAULT");
    if (fault && strncmp(fault, "memory:", 7) == 0)
        at = strtol(fault + 7, NULL, 10);
}

static bool out(void)
{
    if (at == 0 || atomic_fetch_add(&calls, 1) + 1 != at)
        return false;
    const char *path = getenv("FAULT_FIRED");
    if (path)
        syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0666));
    errno = ENOMEM;
    return true;
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
