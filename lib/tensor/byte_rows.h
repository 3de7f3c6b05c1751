/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of rows of a matrix of bytes. */
#ifndef ECAN_TENSOR_BYTE_ROWS_H
#define ECAN_TENSOR_BYTE_ROWS_H

#include <stddef.h>
#include <stdint.h>

typedef struct byte_rows {
    const int8_t *data; /* [rows][cols] */
    size_t rows, cols;
} byte_rows;

/* The number of floats that a sum needs: cols, rounded up to whole vectors. */
size_t byte_rows_room(size_t cols);

/* sum[cols] := sum_i x[i] A[at[i]]    i < n
 *
 * Each product and each sum is rounded, in the order of i, so the result is the same on all processors. The
 * last rows of the matrix are added last: at and x are changed to the order in which they are added. sum has
 * byte_rows_room(cols) elements; those from cols on are undefined. */
void byte_rows_sum(float *sum, byte_rows A, int32_t *at, float *x, size_t n);

#endif
