/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digits.h"
#include "base/ratio.h"
#include "base/rng.h"
#include "tap.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static void check_float(float f, const char *expected)
{
    char text[DIGITS_ROOM];
    digits_float(text, f);
    ok(strcmp(text, expected) == 0, "%s: %s", expected, text);
}

static void check_double(double d, const char *expected)
{
    char text[DIGITS_ROOM];
    digits_double(text, d);
    ok(strcmp(text, expected) == 0, "%s: %s", expected, text);
}

/* Any bit pattern of a finite number reads back as the same number. */
static void round_trip(void)
{
    rng r;
    char text[DIGITS_ROOM];
    int wrong = 0;
    rng_seed(&r, 1, 0, 0);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = rng_next(&r);
        float f;
        double d;
        memcpy(&f, &bits, sizeof f);
        memcpy(&d, &bits, sizeof d);
        digits_float(text, f);
        wrong += isfinite(f) && strtof(text, NULL) != f;
        digits_double(text, d);
        wrong += isfinite(d) && strtod(text, NULL) != d;
    }
    ok(wrong == 0, "%d numbers do not read back", wrong);
}

static void check_grouped(uint64_t n, const char *expected)
{
    char text[DIGITS_ROOM];
    digits_grouped(text, n);
    ok(!strcmp(text, expected), "%s is grouped as %s", expected, text);
}

int main(void)
{
    check_float(0.5f, "0.5");
    check_float(0.1f, "0.1");
    check_float(1.0f / 3, "0.33333334");
    check_float(16777216.0f, "16777216");
    check_float(-FLT_MAX, "-3.4028235e+38");
    check_float(0x1p-149f, "1.4013e-45");
    check_double(0.1, "0.1");
    check_double(0.1 + 0.2, "0.30000000000000004");
    check_double(1.0 / 3, "0.3333333333333333");
    check_double(123456.789012, "123456.789012");
    check_double(-DBL_MAX, "-1.7976931348623157e+308");
    round_trip();
    check_grouped(0, "0");
    check_grouped(999, "999");
    check_grouped(1000, "1,000");
    check_grouped(10382, "10,382");
    check_grouped(UINT64_MAX, "18,446,744,073,709,551,615");

    ok(ratio(1, 4) == 0.25 && ratio_or_0(1, 4) == 0.25, "a ratio");
    ok(isnan(ratio(1, 0)) && isnan(ratio(0, 0)), "ratio: not defined for a denominator of 0");
    ok(ratio_or_0(1, 0) == 0 && ratio_or_0(0, 0) == 0, "ratio_or_0: 0 for a denominator of 0");
    return tap_done();
}
