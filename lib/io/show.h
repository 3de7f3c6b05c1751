/* SPDX-License-Identifier: Apache-2.0 */
/* msgpack as JSON text, to look at. What JSON has no form for:
 *   a tensor      {"tensor": "f4", "shape": [..], "min": , "max": , "mean": , "nan": , "infinite": }: the
 * least, the largest and the mean of its finite numbers; in full its numbers, as lists in lists bytes {"bin":
 * BASE64}         extension  {"ext": TYPE, "bin": BASE64} NaN, infinity null                    a map's key
 * that is no string: its text Control characters are escaped, so that a text can do nothing to a terminal. */
#ifndef ECAN_IO_SHOW_H
#define ECAN_IO_SHOW_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends the one whole object data[0 .. n) to out. 0, or -1 with "byte N: invalid UTF-8", or when memory is
 * out. */
int show_object(buf *out, const unsigned char *data, size_t n, bool full);

/* Appends a string with its quotes; 0 or -1 as above. */
int show_string(buf *out, const char *s, size_t n);

/* The summary of count floats, `"min": .., "max": .., "mean": .., "nan": .., "infinite": ..` without braces.
 */
int show_summary(buf *out, const float *f, size_t count);

/* Floats as lists in lists by shape; shape[ndim], ndim 0 is one number. */
int show_floats(buf *out, const float *f, int ndim, const size_t *shape);

int show_text(buf *out, const char *text); /* as it is */
int show_number(buf *out, float f);        /* the shortest decimal that reads back as f */

#endif
