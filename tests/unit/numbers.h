/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the mathematics share: floats filled with random numbers, and how far two rows of numbers
 * are apart. */
#ifndef ECAN_TESTS_NUMBERS_H
#define ECAN_TESTS_NUMBERS_H

#include "base/mem.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Zeroed; freed with mem_free(). A test without memory ends. */
static inline float *floats(size_t n)
{
    float *x = mem_array(n, sizeof *x);
    if (!x) {
        printf("Bail out! out of memory\n");
        exit(1);
    }
    return x;
}

static inline void fill(float *x, size_t n, rng *r)
{
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(r);
}

static inline float *normals(size_t n, rng *r)
{
    float *x = floats(n);
    fill(x, n, r);
    return x;
}

/* The larger of two errors; NaN is larger than anything. */
static inline double worse(double a, double b)
{
    return a >= b || isnan(a) ? a : b;
}

/* The error of x where y is wanted: relative where y is large, absolute where it is small. */
static inline double error_of(double x, double y)
{
    return x == y ? 0 : fabs(x - y) / (1 + fabs(y));
}

/* Its length as a vector. */
static inline double norm(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return sqrt(sum);
}

#endif
