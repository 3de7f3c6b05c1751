/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 127 /* bytes of a decimal number that are read; "%f" of a float needs 47 */

/* Converts digits, a point and an exponent to double. It is exact if the digits and the power of ten are
 * exact (Clinger, 1990). Returns false otherwise, and for anything that is not a number. */
static bool exact_decimal(const char *s, size_t n, double *value)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    uint64_t digits = 0;
    int exponent = 0, seen = 0;
    size_t i = n > 0 && s[0] == '-';
    bool negative = i == 1, point = false;

    for (; i < n && (s[i] == '.' || (s[i] >= '0' && s[i] <= '9')); i++) {
        if (s[i] == '.') {
            if (point)
                return false;
            point = true;
            continue;
        }
        if (digits >= (UINT64_C(1) << 53) / 10)
            return false;
        digits = 10 * digits + (uint64_t)(s[i] - '0');
        exponent -= point;
        seen++;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        bool minus = i + 1 < n && s[i + 1] == '-';
        int e = 0;
        size_t first = i += minus || (i + 1 < n && s[i + 1] == '+') ? 2 : 1;
        for (; i < n && i < first + 3 && s[i] >= '0' && s[i] <= '9'; i++)
            e = 10 * e + (s[i] - '0');
        if (i == first)
            return false;
        exponent += minus ? -e : e;
    }
    if (i < n || seen == 0 || exponent < -22 || exponent > 22)
        return false;
    double d = exponent < 0 ? (double)digits / power[-exponent] : (double)digits * power[exponent];
    *value = negative ? -d : d;
    return true;
}

/* Through a double. Rounding twice differs only if the double is halfway between two floats or too small
 * for a normal float: then strtof is used. */
bool decimal_float(const char *s, size_t n, float *f)
{
    double d;
    if (exact_decimal(s, n, &d)) {
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        if (d == 0 || (fabs(d) >= FLT_MIN && fabs(d) < FLT_MAX && (bits & 0x1fffffff) != 0x10000000)) {
            *f = (float)d;
            return true;
        }
    }
    char copy[LONGEST + 1], *end;
    if (n == 0 || n > LONGEST)
        return false;
    memcpy(copy, s, n);
    copy[n] = '\0';
    *f = strtof(copy, &end);
    return end == copy + n && strspn(copy, "0123456789+-.eE") == n; /* strtof also accepts 0x1 and nan */
}
