/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648), as in FHIR: line ends and blanks are allowed anywhere. */
#ifndef ECAN_IO_BASE64_H
#define ECAN_IO_BASE64_H

#include "base/mem.h"

/* Appends n bytes as base64, without line ends. 0 or -1. */
int base64_encode(buf *out, const void *data, size_t n);

/* Appends the decoded bytes to out. 0, or -1 if the text is not base64. */
int base64_decode(buf *out, const char *s, size_t n);

#endif
