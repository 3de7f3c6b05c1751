/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes file descriptors that may be non-blocking: pipes and sockets that another program set
 * to O_NONBLOCK. They wait until the descriptor is ready and continue after a signal. */
#ifndef ECAN_BASE_FD_H
#define ECAN_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Like read(2): returns at least one byte, 0 at the end of the file, or -1 with errno set. */
ssize_t fd_read(int fd, void *data, size_t n);

/* Writes all n bytes. Returns 0, or -1 with errno set. */
int fd_write(int fd, const void *data, size_t n);

/* After a call on fd failed: waits until fd is ready if the call would block (POLLIN or POLLOUT). Returns
 * whether to repeat the call; otherwise errno is that of the call. */
bool fd_try_again(int fd, short events);

/* If standard output is non-blocking, replaces stdout by a stream that writes with fd_write(). stdio
 * itself fails on a full pipe. Call this before anything is printed. */
void fd_wait_on_stdout(void);

#endif
