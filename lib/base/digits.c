/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digits.h"

#include <float.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void digits_float(char text[DIGITS_ROOM], float f)
{
    for (int digits = FLT_DIG; digits <= FLT_DECIMAL_DIG; digits++) {
        snprintf(text, DIGITS_ROOM, "%.*g", digits, (double)f);
        if (strtof(text, NULL) == f)
            return;
    }
}

void digits_double(char text[DIGITS_ROOM], double d)
{
    for (int digits = FLT_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, DIGITS_ROOM, "%.*g", digits, d);
        if (strtod(text, NULL) == d)
            return;
    }
}

void digits_grouped(char text[DIGITS_ROOM], uint64_t n)
{
    char digits[DIGITS_ROOM];
    const int size = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < size; i++) {
        *text++ = digits[i];
        if (i + 1 < size && (size - i - 1) % 3 == 0)
            *text++ = ',';
    }
    *text = '\0';
}
