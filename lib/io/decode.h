/* SPDX-License-Identifier: Apache-2.0 */
/* Converts text in other encodings to UTF-8. decode.c is the only file that uses iconv.
 *
 * A byte order mark takes precedence over the given encoding, and is not part of the text. UTF-8 is passed on
 * unchanged: the caller checks it. */
#ifndef ECAN_IO_DECODE_H
#define ECAN_IO_DECODE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

/* The encoding of the byte order mark at the start of a text; *size is the size of the mark. NULL and 0:
 * there is none. */
const char *decode_mark(const unsigned char *s, size_t n, size_t *size);

/* Whether the encoding is UTF-8. NULL means UTF-8. */
bool decode_is_utf8(const char *encoding);

typedef struct decoder decoder;

/* NULL with the message set: no such encoding. */
decoder *decoder_new(const char *encoding);
void decoder_free(decoder *d); /* NULL is fine */

/* Appends the next bytes, converted to UTF-8. An incomplete character at their end is kept for the next call.
 * last: no more bytes follow. 0, or -1 with "byte N is not WINDOWS-1252". */
int decoder_add(decoder *d, const unsigned char *s, size_t n, bool last, buf *out);

/* Appends a whole text as UTF-8, checked, without its byte order mark. encoding: NULL is UTF-8. 0 or -1. */
int decode_text(buf *out, const unsigned char *s, size_t n, const char *encoding);

/* The bytes of a file ("-" is standard input), decompressed if they are gzip data. 0, or -1 with path and
 * reason. */
int decode_read(buf *out, const char *path);

/* A whole file as UTF-8: decode_read() and decode_text(). 0, or -1 with path and reason. */
int decode_file(buf *out, const char *path, const char *encoding);

#endif
