/* SPDX-License-Identifier: Apache-2.0 */
/* A matrix as a picture: a PNG with a square for each number, as bright as the number is large. */
#ifndef ECAN_IO_HEATMAP_H
#define ECAN_IO_HEATMAP_H

#include <stddef.h>

#define HEATMAP_SIDE 32768 /* rows and columns at most */

/* Writes v [rows][columns] to path: rows downward, columns to the right. Squares are 1 to 16 pixels wide, so
 * that small matrices can be seen. 0 is black. Where no number is negative, the largest is white, by way of
 * violet and orange; else the number with the largest magnitude is white, and negative numbers are blue where
 * positive ones are orange. What is not finite is bright green, which nothing else is. 0, or -1: an empty
 * matrix or one with a side beyond HEATMAP_SIDE, memory, a file that cannot be written. */
int heatmap_write(const char *path, const float *v, size_t rows, size_t columns);

#endif
