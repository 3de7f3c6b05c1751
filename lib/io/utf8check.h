/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that bytes are UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 * Reading text character by character is in text/utf8.h. Readers of files need only this check. */
#ifndef ECAN_IO_UTF8CHECK_H
#define ECAN_IO_UTF8CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Returns true, or false with *bad set to the offset of the first byte of the first invalid sequence. */
bool utf8_check(const unsigned char *s, size_t n, size_t *bad);

/* The number of bytes of the character at s, 1 to 4. 0 if the n > 0 bytes do not begin with a valid
 * character. */
size_t utf8_length(const unsigned char *s, size_t n);

#endif
