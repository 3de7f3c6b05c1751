/* SPDX-License-Identifier: Apache-2.0 */
/* Whether bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
 * Reading text character by character is text/utf8.h's; this is all that the readers of files need. */
#ifndef ECAN_IO_UTF8CHECK_H
#define ECAN_IO_UTF8CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* True, or false with *bad the offset of the first byte of the first bad sequence. */
bool utf8_check(const unsigned char *s, size_t n, size_t *bad);

/* Bytes of the character at s (n > 0 bytes at hand), 1 to 4; 0 where none begins. */
size_t utf8_length(const unsigned char *s, size_t n);

#endif
