/* SPDX-License-Identifier: Apache-2.0 */
/* Ratios whose denominator may be 0. */
#ifndef ECAN_BASE_RATIO_H
#define ECAN_BASE_RATIO_H

#include <math.h>

/* a / b, or NAN (not defined) unless b > 0. */
static inline double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

/* a / b, or 0 unless b > 0. */
static inline double ratio_or_0(double a, double b)
{
    return b > 0 ? a / b : 0;
}

#endif
