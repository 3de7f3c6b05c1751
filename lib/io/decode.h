/* SPDX-License-Identifier: Apache-2.0 */
/* Text in other encodings as UTF-8, through iconv. The only file that uses iconv is decode.c.
 *
 * A byte order mark decides before the name that is given, and is no part of the text. UTF-8 is passed on as
 * it is: whoever uses the text checks it. */
#ifndef ECAN_IO_DECODE_H
#define ECAN_IO_DECODE_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

/* The encoding that a byte order mark at the start of a text names, and the bytes of the mark. NULL and 0:
 * there is none. */
const char *decode_mark(const unsigned char *s, size_t n, size_t *size);

/* Whether text of that encoding is UTF-8 already; NULL is UTF-8. */
bool decode_is_utf8(const char *encoding);

typedef struct decoder decoder;

/* NULL with the message set: no such encoding. */
decoder *decoder_new(const char *encoding);
void decoder_free(decoder *d); /* NULL is fine */

/* Appends what the next bytes are in UTF-8; a character that they end in is kept for the next call. last: no
 * more bytes follow. 0, or -1 with "byte N is not WINDOWS-1252". */
int decoder_add(decoder *d, const unsigned char *s, size_t n, bool last, buf *out);

/* Appends a whole text as UTF-8, checked, without its byte order mark. encoding: NULL is UTF-8. 0 or -1. */
int decode_text(buf *out, const unsigned char *s, size_t n, const char *encoding);

/* The bytes of a file ("-" is standard input), decompressed if they are gzip data. 0, or -1 with path and
 * reason. */
int decode_read(buf *out, const char *path);

/* A whole file as UTF-8: decode_read() and decode_text(). 0, or -1 with path and reason. */
int decode_file(buf *out, const char *path, const char *encoding);

#endif
