/* SPDX-License-Identifier: Apache-2.0 */
/* Logistic regression with few features, by Newton's method in double precision. w minimises
 *
 *     sum_i c_i (log(1 + exp(z_i)) - y_i z_i) + 1/2 sum_j l2_j (w_j - prior_j)^2,    z_i = x_i . w
 *
 * A constant term is a feature that is 1 in every row. */
#ifndef ECAN_TENSOR_LOGISTIC_H
#define ECAN_TENSOR_LOGISTIC_H

#include <stddef.h>

#define LOGISTIC_FEATURES 32 /* maximum number */

typedef struct logistic_rows {
    size_t n, features;
    const float *x; /* [n][features], finite */
    const float *y; /* [n] targets from 0 to 1 */
    const float *c; /* [n] weight of each row, 0 or more; NULL: 1 */
} logistic_rows;

/* On entry w[features] is the prior, on return the minimum. l2[features] must be above 0: w is then finite
 * even if a plane separates the rows, and equals the prior if no row depends on it. 0, or -1 with the
 * message set and w unchanged: an input is not finite, or there are too many features. */
int logistic_fit(double *w, const logistic_rows *rows, const double *l2);

#endif
