/* SPDX-License-Identifier: Apache-2.0 */
/* Rows are read in whole vectors, also beyond the end of a row: the elements that are then too many belong to
 * the next row, and their sums are not used. Only the last rows of the matrix are read one element at a time.
 */
#include "tensor/byte_rows.h"

#include "base/vectorised.h"

#include <string.h>

enum {
    LANES = 16,
    FEW = 4,         /* at most so many vectors of a sum are kept in registers */
    TOGETHER = 4,    /* rows of more vectors that are added together */
    AHEAD = 32,      /* rows from the one that is prefetched, if rows are short, */
    BYTES_AHEAD = 64 /* or bytes: a cache line */
};

size_t byte_rows_room(size_t cols)
{
    return (cols + LANES - 1) / LANES * LANES;
}

/* gcc 12 vectorises neither a loop over LANES bytes, if it is unrolled three times, nor a conversion from
 * bytes to floats in one step. */
typedef int8_t bytes __attribute__((vector_size(LANES)));
typedef int16_t shorts __attribute__((vector_size(2 * LANES)));
typedef int32_t ints __attribute__((vector_size(4 * LANES)));
typedef float floats __attribute__((vector_size(4 * LANES)));

INLINE void add_vectors(float *restrict sum, float x, const int8_t *restrict row, size_t wide)
{
    /* On machines that compute floats as doubles, x alone is no operand of a vector. */
    const floats all = {x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
    for (size_t k = 0; k < wide; k += LANES) {
        bytes b;
        floats s;
        memcpy(&b, row + k, sizeof b);
        memcpy(&s, sum + k, sizeof s);
        const shorts h = __builtin_convertvector(b, shorts);
        const ints i = __builtin_convertvector(h, ints);
        s += all * __builtin_convertvector(i, floats);
        memcpy(sum + k, &s, sizeof s);
    }
}

INLINE void prefetch_row(const int8_t *row, size_t wide)
{
    for (size_t k = 0; k < wide; k += BYTES_AHEAD)
        __builtin_prefetch(row + k);
    if (wide % BYTES_AHEAD)
        __builtin_prefetch(row + wide - 1);
}

/* Adds rows of at most FEW vectors. wide is a constant. */
INLINE void add_few(float *restrict sum, byte_rows A, const int32_t *at, const float *x, size_t n,
                    size_t wide)
{
    float acc[FEW * LANES] = {0};
    for (size_t i = 0; i < n && i < AHEAD; i++)
        prefetch_row(A.data + (size_t)at[i] * A.cols, wide);
    for (size_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            prefetch_row(A.data + (size_t)at[i + AHEAD] * A.cols, wide);
        add_vectors(acc, x[i], A.data + (size_t)at[i] * A.cols, wide);
    }
    memcpy(sum, acc, wide * sizeof *sum);
}

/* The sum is read and written once for four rows. Each element is rounded in the order of the rows. */
INLINE void add_together(float *restrict sum, const float *x, const int8_t *const row[TOGETHER], size_t wide)
{
    const float x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3];
    const int8_t *restrict a = row[0], *restrict b = row[1], *restrict c = row[2], *restrict d = row[3];
    for (size_t k = 0; k < wide; k++)
        sum[k] = sum[k] + x0 * (float)a[k] + x1 * (float)b[k] + x2 * (float)c[k] + x3 * (float)d[k];
}

INLINE void add_many(float *restrict sum, byte_rows A, const int32_t *at, const float *x, size_t n,
                     size_t wide)
{
    size_t i = 0;
    memset(sum, 0, wide * sizeof *sum);
    for (; i + TOGETHER <= n; i += TOGETHER) {
        const int8_t *row[TOGETHER];
        for (size_t j = 0; j < TOGETHER; j++) {
            row[j] = A.data + (size_t)at[i + j] * A.cols;
            if (i + j + TOGETHER < n)
                prefetch_row(A.data + (size_t)at[i + j + TOGETHER] * A.cols, wide);
        }
        add_together(sum, x + i, row, wide);
    }
    for (; i < n; i++)
        add_vectors(sum, x[i], A.data + (size_t)at[i] * A.cols, wide);
}

VECTORISED static void add_rows(float *sum, byte_rows A, const int32_t *at, const float *x, size_t n)
{
    const size_t wide = (A.cols + LANES - 1) / LANES * LANES;
    switch (wide / LANES) {
    case 1:
        add_few(sum, A, at, x, n, LANES);
        return;
    case 2:
        add_few(sum, A, at, x, n, 2 * LANES);
        return;
    case 3:
        add_few(sum, A, at, x, n, 3 * LANES);
        return;
    case 4:
        add_few(sum, A, at, x, n, 4 * LANES);
        return;
    default:
        add_many(sum, A, at, x, n, wide);
    }
}

/* Moves the rows that end less than a vector before the end of the matrix behind the others. Returns the
 * number of those. */
static size_t move_last_rows(byte_rows A, int32_t *at, float *x, size_t n)
{
    const size_t wide = byte_rows_room(A.cols), end = A.rows * A.cols;
    const int64_t last = end < wide ? -1 : (int64_t)((end - wide) / A.cols); /* row that is read in vectors */
    size_t whole = n;
    for (size_t i = n; i-- > 0;)
        if (at[i] > last) {
            const int32_t row = at[i];
            const float weight = x[i];
            whole--;
            at[i] = at[whole], x[i] = x[whole];
            at[whole] = row, x[whole] = weight;
        }
    return whole;
}

void byte_rows_sum(float *sum, byte_rows A, int32_t *at, float *x, size_t n)
{
    const size_t whole = move_last_rows(A, at, x, n);
    add_rows(sum, A, at, x, whole);
    for (size_t i = whole; i < n; i++)
        for (size_t k = 0; k < A.cols; k++)
            sum[k] += x[i] * (float)A.data[(size_t)at[i] * A.cols + k];
}
