/* SPDX-License-Identifier: Apache-2.0 */
/* A matrix as a PNG image. The brightness of each square shows its number. */
#ifndef ECAN_IO_HEATMAP_H
#define ECAN_IO_HEATMAP_H

#include <stddef.h>

#define HEATMAP_SIDE 32768 /* largest number of rows or columns */

/* Writes v[rows][columns] to path: rows downward, columns to the right. Squares are 1 to 16 pixels wide,
 * so that small matrices are visible. 0 is black.
 *
 * Without negative numbers the colours go from black through violet and orange to white for the largest.
 * With negative numbers, positive ones are orange, negative ones are blue, and the largest magnitude is
 * white. NaN and infinities are bright green.
 *
 * Returns 0, or -1: the matrix is empty, has a side beyond HEATMAP_SIDE, memory is out, or the file cannot
 * be written. */
int heatmap_write(const char *path, const float *v, size_t rows, size_t columns);

#endif
