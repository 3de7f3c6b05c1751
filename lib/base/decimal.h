/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers to floats. */
#ifndef ECAN_BASE_DECIMAL_H
#define ECAN_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

/* Converts the decimal s[0 .. n) to the nearest float; infinity if it is too large. False if it is not a
 * number of digits, a sign, a point and an exponent, or has more than 127 bytes. The thread's locale must
 * have a decimal point (c_locale.h). */
bool decimal_float(const char *s, size_t n, float *f);

#endif
