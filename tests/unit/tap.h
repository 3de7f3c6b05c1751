/* SPDX-License-Identifier: Apache-2.0 */
/* Tests in the Test Anything Protocol: `ok N - what` a line, the plan last; the exit code says whether all
 * passed. */
#ifndef ECAN_TESTS_TAP_H
#define ECAN_TESTS_TAP_H

#include <stdarg.h>
#include <stdio.h>

static int tap_count, tap_failures;

/* One test: passes when condition is true. Returns it. */
__attribute__((format(printf, 2, 3))) static inline int ok(int condition, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    printf("%sok %d - ", condition ? "" : "not ", ++tap_count);
    vprintf(format, ap);
    putchar('\n');
    va_end(ap);
    tap_failures += !condition;
    return condition;
}

/* Prints the plan: the value for main to return. */
static inline int tap_done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failures != 0;
}

#endif
