/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as the shortest decimal that reads back as the same number, with at least 6 significant digits
 * tried. printf's %g drops trailing zeros, so 0.5 is "0.5". The decimal point is that of the current locale.
 */
#ifndef ECAN_BASE_DIGITS_H
#define ECAN_BASE_DIGITS_H

#include <stdint.h>

#define DIGITS_ROOM 40 /* bytes, with the terminating NUL */

/* Fill text. Infinities and NaN are printed as printf prints them. */
void digits_float(char text[DIGITS_ROOM], float f);   /* 6 to 9 significant digits */
void digits_double(char text[DIGITS_ROOM], double d); /* 6 to 17 significant digits */

/* Fills text with a whole number for people, in groups of three digits: 10,382. */
void digits_grouped(char text[DIGITS_ROOM], uint64_t n);

#endif
