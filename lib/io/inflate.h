/* SPDX-License-Identifier: Apache-2.0 */
/* Decompresses gzip files while they are read. Only inflate.c uses zlib. */
#ifndef ECAN_IO_INFLATE_H
#define ECAN_IO_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct inflater inflater;

/* Whether the bytes begin like gzip data. UTF-8 text never does. */
bool inflater_is_gzip(const unsigned char *s, size_t n);

/* Decompresses s[0 .. n), which was already read from fd, and then the rest of fd. fd is borrowed. Owned
 * by the caller (inflater_free). NULL with the message set. */
inflater *inflater_new(int fd, const unsigned char *s, size_t n);
void inflater_free(inflater *z); /* NULL is fine */

/* Decompresses up to n bytes into out. Returns their number, 0 at the end, or -1 with the message set:
 * reading failed, or the data is damaged or ends early. Consecutive gzip members are concatenated. */
ssize_t inflater_read(inflater *z, unsigned char *out, size_t n);

/* Whether bytes were read that are not yet decompressed. */
bool inflater_pending(const inflater *z);

#endif
