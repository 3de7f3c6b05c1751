/* SPDX-License-Identifier: Apache-2.0 */
/* Logistic regression with few inputs:
 *
 *     p(x) = sigmoid(w . x + w_k)        k inputs, w_k the bias
 *
 * w of the least sum over observations of -log p(y) plus ridge / 2 times the sum of w_j^2, the bias not
 * counted; by Newton's method. */
#ifndef ECAN_TERMS_LOGISTIC_H
#define ECAN_TERMS_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

enum { LOGISTIC_INPUTS = 16 };

/* Observation i: x[k] is filled; whether y is 1. */
typedef bool logistic_row(const void *context, size_t i, double *x);

/* w[k + 1] is where it begins, and the result. ridge > 0. 0, or -1: k is too large, or numbers are not
 * finite. */
int logistic_fit(double *w, int k, size_t n, logistic_row *row, const void *context, double ridge);

#endif
