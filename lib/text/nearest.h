/* SPDX-License-Identifier: Apache-2.0 */
/* The words whose vectors point most in the direction of one word's: by the cosine of the angle between them.
 */
#ifndef ECAN_TEXT_NEAREST_H
#define ECAN_TEXT_NEAREST_H

#include <stddef.h>
#include <stdint.h>

typedef struct neighbour {
    int32_t row;
    float cosine;
} neighbour;

/* Fills best [k] with the rows of v [rows][size] nearest to row `of`, nearest first, of equally near ones the
 * first; rows before `first`, `of` itself, and vectors of length 0 are not among them. Returns how many there
 * are, k at most. */
int32_t nearest(const float *v, int32_t rows, int32_t size, int32_t first, int32_t of, neighbour *best,
                int32_t k);

#endif
