/* SPDX-License-Identifier: Apache-2.0 */
/* gzip files, decompressed as they are read. The only file that uses zlib is inflate.c. */
#ifndef ECAN_IO_INFLATE_H
#define ECAN_IO_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct inflater inflater;

/* Whether bytes begin as gzip data does. UTF-8 text never does. */
bool inflater_is_gzip(const unsigned char *s, size_t n);

/* Decompresses s[0 .. n), bytes already read, and then what fd has. fd is borrowed. NULL with the message
 * set. */
inflater *inflater_new(int fd, const unsigned char *s, size_t n);
void inflater_free(inflater *z); /* NULL is fine */

/* Up to n bytes: how many there are, 0 at the end, -1 with the message set: a read that fails, data that is
 * damaged or that ends early. Several gzip members after each other are one text. */
ssize_t inflater_read(inflater *z, unsigned char *out, size_t n);

/* Whether bytes were read that are not decompressed yet. */
bool inflater_pending(const inflater *z);

#endif
