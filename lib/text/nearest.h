/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest words by the cosine of the angle between their vectors. */
#ifndef ECAN_TEXT_NEAREST_H
#define ECAN_TEXT_NEAREST_H

#include <stddef.h>
#include <stdint.h>

typedef struct neighbour {
    int32_t row;
    float cosine;
} neighbour;

/* Fills best[k] with the rows of v[rows][size] nearest to row `of`, nearest first, ties in order of rows.
 * Rows before `first`, `of` itself, and zero vectors are excluded. Returns the number of rows found, at
 * most k. */
int32_t nearest(const float *v, int32_t rows, size_t size, int32_t first, int32_t of, neighbour *best,
                int32_t k);

#endif
