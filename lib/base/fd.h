/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing file descriptors that may not block: pipes and sockets that another program has set to
 * O_NONBLOCK. Both wait until the descriptor is ready, and go on after a signal. */
#ifndef ECAN_BASE_FD_H
#define ECAN_BASE_FD_H

#include <stddef.h>
#include <sys/types.h>

/* As read(2): at least one byte, 0 at the end, -1 with errno set. */
ssize_t fd_read(int fd, void *data, size_t n);

/* All n bytes: 0, or -1 with errno set. */
int fd_write(int fd, const void *data, size_t n);

/* Where standard output does not block, puts a stdout in its place that writes by fd_write(): stdio itself
 * fails on a full pipe. To be called before anything is printed. */
void fd_wait_on_stdout(void);

#endif
