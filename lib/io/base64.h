/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648), as FHIR has it: line ends and blanks may be anywhere. */
#ifndef ECAN_IO_BASE64_H
#define ECAN_IO_BASE64_H

#include "base/mem.h"

/* Appends the bytes. 0, or -1 where the text is not base64. */
int base64_decode(buf *out, const char *s, size_t n);

#endif
