/* SPDX-License-Identifier: Apache-2.0 */
#include "base/lend.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define WAIT 1 /* millisecond between two looks at a pipe: nothing tells a writer that bytes were read */

/* The byte that readers lock, "ecan". A pipe has no such byte, and a lock needs none. */
static struct flock lock_of(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 0x6563616e, .l_len = 1};
}

void lend_accept(int fd)
{
    struct flock lock = lock_of(F_RDLCK);
    (void)fcntl(fd, F_SETLK, &lock); /* if it fails, nothing is lent */
}

bool lend_accepted(int fd)
{
    struct flock lock = lock_of(F_WRLCK);
    int unread; /* without FIONREAD, lend_unread() could not say what is read */
    return ioctl(fd, FIONREAD, &unread) == 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_RDLCK;
}

int lend_write(int fd, const void *data, size_t n)
{
#ifdef __linux__
    while (n > 0) {
        const ssize_t done = vmsplice(fd, &(struct iovec){(void *)data, n}, 1, 0);
        if (done >= 0) {
            data = (const char *)data + done;
            n -= (size_t)done;
        } else if (!fd_try_again(fd, POLLOUT)) {
            break;
        }
    }
    if (n > 0 && errno != ENOSYS && errno != EPERM && errno != EINVAL && errno != EBADF)
        return -1;
#endif
    return fd_write(fd, data, n);
}

size_t lend_unread(int fd)
{
    int n;
    return ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

bool lend_wait(int fd)
{
    struct pollfd end = {.fd = fd}; /* without events, poll() reports only that there is no reader */
    return poll(&end, 1, WAIT) != 1;
}
