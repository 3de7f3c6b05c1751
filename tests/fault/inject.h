/* SPDX-License-Identifier: Apache-2.0 */
/* What the preloaded libraries share: which call fails.
 *
 *     FAULT=KIND:N[+][:ERROR]   the N-th call of that kind fails, with + all after it too
 *     FAULT=count               none fails; the file FAULT_FIRED gets the number of calls of each
 *                               kind, and VmPeak
 *
 * ERROR is the number of errno, if it is not the usual one of the call. The file FAULT_FIRED is made
 * when the fault happens: a sweep over N ends where it is not made. A process and its children have one
 * count; each that ends writes the lines of FAULT_FIRED. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_KINDS = 32 };

/* Shared with children. */
static struct state {
    struct {
        _Atomic(const char *) kind;
        atomic_long calls;
    } counts[MOST_KINDS];
    atomic_long calls;
} * shared;
static const char *fault = "";
static size_t kind_length;
static long at;
static bool and_after, counting;
static int given_error;

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("FAULT");
    unsetenv("LD_PRELOAD"); /* a command that the program runs has no faults */
    if (!text)
        return;
    shared = (struct state *)syscall(SYS_mmap, NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        abort();
    kind_length = strcspn(text, ":");
    counting = strcmp(text, "count") == 0;
    if (text[kind_length]) {
        char *rest;
        at = strtol(text + kind_length + 1, &rest, 10);
        and_after = *rest == '+';
        rest += and_after;
        given_error = *rest ? atoi(rest + 1) : 0;
    }
    fault = text;
}

/* Without the functions that these libraries hide. */
static int create_fired(void)
{
    const char *path = getenv("FAULT_FIRED");
    return path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | O_APPEND, 0666) : -1;
}

/* The line VmPeak of /proc/self/status: the largest address space. */
static void put_peak(int to)
{
    char text[4096] = "";
    const int from = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/status", O_RDONLY);
    const long n = syscall(SYS_read, from, text, sizeof text - 1);
    syscall(SYS_close, from);
    const char *line = n > 0 ? strstr(text, "VmPeak:") : NULL;
    if (line)
        (void)!syscall(SYS_write, to, line, strcspn(line, "\n") + 1);
}

__attribute__((destructor)) static void end(void)
{
    const int fd = counting ? create_fired() : -1;
    if (fd >= 0)
        put_peak(fd);
    for (int i = 0; fd >= 0 && i < MOST_KINDS && shared->counts[i].kind; i++) {
        char line[80];
        const int n =
            snprintf(line, sizeof line, "%s %ld\n", shared->counts[i].kind, shared->counts[i].calls);
        (void)!syscall(SYS_write, fd, line, (size_t)n);
    }
    if (fd >= 0)
        syscall(SYS_close, fd);
}

/* The end of a child. */
_Noreturn void _exit(int code)
{
    end();
    for (;;)
        syscall(SYS_exit_group, code);
}

static void count(const char *kind)
{
    for (int i = 0; i < MOST_KINDS; i++) {
        const char *expected = NULL;
        if (atomic_compare_exchange_strong(&shared->counts[i].kind, &expected, kind) ||
            strcmp(expected, kind) == 0) {
            atomic_fetch_add(&shared->counts[i].calls, 1);
            return;
        }
    }
}

static bool is(const char *kind)
{
    return strlen(kind) == kind_length && strncmp(fault, kind, kind_length) == 0;
}

/* Whether this call of that kind is to fail. errno is then set. */
static bool fails(const char *kind, int error)
{
    if (counting)
        count(kind);
    if (!at || !is(kind))
        return false;
    const long call = atomic_fetch_add(&shared->calls, 1) + 1;
    if (call < at || (call > at && !and_after))
        return false;
    syscall(SYS_close, create_fired());
    errno = given_error ? given_error : error;
    return true;
}
