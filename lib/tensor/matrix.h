/* SPDX-License-Identifier: Apache-2.0 */
/* Views of matrices in memory: where the elements are, and how many. They are passed by value and own
 * nothing. */
#ifndef ECAN_TENSOR_MATRIX_H
#define ECAN_TENSOR_MATRIX_H

#include <stddef.h>

/* Element (i, j) is data[i * rs + j * cs]. To be read: rows may overlap (rs < cols), as the windows of a
 * convolution do. */
typedef struct const_matrix {
    const float *data;
    size_t rows, cols;
    size_t rs, cs;
} const_matrix;

/* To be written: the elements of a row are adjacent, rows are ld apart. */
typedef struct matrix {
    float *data;
    size_t rows, cols;
    size_t ld;
} matrix;

/* data[rows][cols], its rows ld apart. */
static inline const_matrix const_rows_ld(const float *data, size_t rows, size_t cols, size_t ld)
{
    return (const_matrix){data, rows, cols, ld, 1};
}

static inline matrix matrix_rows_ld(float *data, size_t rows, size_t cols, size_t ld)
{
    return (matrix){data, rows, cols, ld};
}

/* data[rows][cols] */
static inline const_matrix const_rows(const float *data, size_t rows, size_t cols)
{
    return const_rows_ld(data, rows, cols, cols);
}

static inline matrix matrix_rows(float *data, size_t rows, size_t cols)
{
    return matrix_rows_ld(data, rows, cols, cols);
}

/* m': its rows are m's columns. */
static inline const_matrix transpose(const_matrix m)
{
    return (const_matrix){m.data, m.cols, m.rows, m.cs, m.rs};
}

#endif
