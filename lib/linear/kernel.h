/* SPDX-License-Identifier: Apache-2.0 */
/* The training texts by feature, so that their products with a text take time only where both have a feature:
 *
 *     k[i] = x_i . x       K[i][j] = x_i . x_j */
#ifndef ECAN_LINEAR_KERNEL_H
#define ECAN_LINEAR_KERNEL_H

#include "linear/grams.h"

#include "base/pool.h"

#include <stddef.h>
#include <stdint.h>

typedef struct kernel {
    size_t n, features; /* texts; features */
    size_t *start; /* [features + 1]: feature f has texts text[start[f] .. start[f+1]), in ascending order */
    uint32_t *text;
    float *x;        /* its number in that text */
    int32_t *common; /* [features]: -1, or, of one that many texts have, its row in rows */
    float *rows; /* [common ones][n]: the feature's number in every text, which a vector unit is quick with */
} kernel;

/* Of all texts of d, which g was learnt from. 0, or -1 when memory is out; freed with kernel_free() in both
 * cases. */
int kernel_make(kernel *k, const grams *g, const dataset *d);
void kernel_free(kernel *k);

/* products[i] = x_i . x for texts i = from .. n-1; those before are left as they are. */
void kernel_row(float *products, const kernel *k, const sparse *x, size_t from);

/* K[n][n] above the diagonal, the diagonal included; below it is left as it is. 0, or -1 when memory is out.
 */
int kernel_matrix(float *K, const kernel *k, const grams *g, const dataset *d, pool *threads);

#endif
