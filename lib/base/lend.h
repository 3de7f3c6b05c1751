/* SPDX-License-Identifier: Apache-2.0 */
/* Lends memory to the reader of a pipe (vmsplice(2)), which costs one copy less than write(2): that copies
 * the bytes into new pages of the pipe, and the reader copies them again. Memory that is lent must not change
 * until the reader has its copy.
 *
 * This is right only for a reader that copies. Another one, such as `pv`, may pass the pages on (splice(2),
 * tee(2)), and later changes would be seen. So a reader says that it copies: it holds a read lock (fcntl(2))
 * on one byte of the pipe, which both ends see and which ends with the process. To a reader without the lock
 * nothing is lent. */
#ifndef ECAN_BASE_LEND_H
#define ECAN_BASE_LEND_H

#include <stdbool.h>
#include <stddef.h>

/* For the reader of a pipe: says that this process reads fd with read(2) only. */
void lend_accept(int fd);

/* For the writer: whether the reader has said so. */
bool lend_accepted(int fd);

/* Like fd_write(), but lends the bytes. Where the system does not lend, they are written. */
int lend_write(int fd, const void *data, size_t n);

/* The number of bytes in the pipe that nobody has read; 0 if fd is not a pipe. Bytes are read in the order in
 * which they were written: if `written` bytes were, the first written - lend_unread() are no longer needed.
 */
size_t lend_unread(int fd);

/* Waits a moment, after which lend_unread() may have changed. Whether the pipe still has a reader. */
bool lend_wait(int fd);

#endif
