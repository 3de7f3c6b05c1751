/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

bool fd_try_again(int fd, short events)
{
    if (errno == EINTR)
        return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return false;
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

ssize_t fd_read(int fd, void *data, size_t n)
{
    ssize_t got;
    do
        got = read(fd, data, n);
    while (got < 0 && fd_try_again(fd, POLLIN));
    return got;
}

int fd_write(int fd, const void *data, size_t n)
{
    for (size_t i = 0; i < n;) { /* n is 0: data may be NULL */
        const ssize_t done = write(fd, (const char *)data + i, n - i);
        if (done >= 0)
            i += (size_t)done;
        else if (!fd_try_again(fd, POLLOUT))
            return -1;
    }
    return 0;
}

/* In C libraries other than glibc, stdout cannot be replaced. */
#ifdef __GLIBC__
static ssize_t write_stdout(void *unused, const char *data, size_t n)
{
    (void)unused;
    return fd_write(STDOUT_FILENO, data, n) < 0 ? 0 : (ssize_t)n; /* 0 reports an error to stdio */
}

static int close_stdout(void *unused)
{
    (void)unused;
    return close(STDOUT_FILENO);
}

void fd_wait_on_stdout(void)
{
    const int flags = fcntl(STDOUT_FILENO, F_GETFL);
    if (flags < 0 || !(flags & O_NONBLOCK))
        return;
    FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){.write = write_stdout, .close = close_stdout});
    if (f)
        stdout = f;
}
#else
void fd_wait_on_stdout(void)
{
}
#endif
