/* SPDX-License-Identifier: Apache-2.0 */
/* msgpack as JSON text for people. Values that JSON does not have:
 *
 *     tensor         {"tensor": "f4", "shape": [..], "min": , "max": , "mean": , "nan": , "infinite": }
 *
 *     bytes          {"bin": BASE64}
 *
 *     extension      {"ext": TYPE, "bin": BASE64}
 *
 *     NaN, infinity  null
 *
 * The minimum, maximum and mean are those of the finite numbers. With `full`, a tensor is written as its
 * numbers in nested lists. A map key that is not a string becomes a string of its JSON text. Control
 * characters are escaped, so that a text cannot change a terminal. */
#ifndef ECAN_IO_SHOW_H
#define ECAN_IO_SHOW_H

#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>

/* Appends the msgpack object data[0 .. n) to out. full: write all numbers of tensors. Returns 0, or -1
 * with "byte N: invalid UTF-8", or if memory is out. */
int show_object(buf *out, const unsigned char *data, size_t n, bool full);

/* Appends a string in quotes; 0 or -1 as above. */
int show_string(buf *out, const char *s, size_t n);

/* Appends the summary of count floats, `"min": .., "max": .., "mean": .., "nan": .., "infinite": ..`
 * without braces. */
int show_summary(buf *out, const float *f, size_t count);

/* Appends floats as nested lists; shape[ndim]. ndim 0 is one number. */
int show_floats(buf *out, const float *f, int ndim, const size_t *shape);

int show_text(buf *out, const char *text); /* without changes */
int show_number(buf *out, float f); /* the shortest decimal that reads back as f; null if f is not finite */

#endif
