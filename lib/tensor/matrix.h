/* SPDX-License-Identifier: Apache-2.0 */
/* Views of matrices in memory: the address of the elements, the sizes and the strides. Views are passed by
 * value. They borrow the elements. */
#ifndef ECAN_TENSOR_MATRIX_H
#define ECAN_TENSOR_MATRIX_H

#include <stddef.h>

/* A matrix for reading. Element (i, j) is data[i * rs + j * cs]. Rows may overlap (rs < cols), as the windows
 * of a convolution do. */
typedef struct const_matrix {
    const float *data;
    size_t rows, cols;
    size_t rs, cs; /* row stride, column stride, in floats */
} const_matrix;

/* A matrix for writing. The elements of a row are adjacent. Element (i, j) is data[i * ld + j]. */
typedef struct matrix {
    float *data;
    size_t rows, cols;
    size_t ld; /* row stride, in floats */
} matrix;

/* data[rows][cols] with row stride ld. */
static inline const_matrix const_rows_ld(const float *data, size_t rows, size_t cols, size_t ld)
{
    return (const_matrix){data, rows, cols, ld, 1};
}

static inline matrix matrix_rows_ld(float *data, size_t rows, size_t cols, size_t ld)
{
    return (matrix){data, rows, cols, ld};
}

/* data[rows][cols] without gaps between rows. */
static inline const_matrix const_rows(const float *data, size_t rows, size_t cols)
{
    return const_rows_ld(data, rows, cols, cols);
}

static inline matrix matrix_rows(float *data, size_t rows, size_t cols)
{
    return matrix_rows_ld(data, rows, cols, cols);
}

static inline const_matrix transpose(const_matrix m)
{
    return (const_matrix){m.data, m.cols, m.rows, m.cs, m.rs};
}

#endif
