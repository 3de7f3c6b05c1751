/* SPDX-License-Identifier: Apache-2.0 */
/* The subspace of labels in which the scores of a ridge regression (ridge.h) vary most. With X[n][features]
 * the texts, W = X' alpha [features][L] the weights, and P[r][L] orthonormal rows:
 *
 *     W ~ W P' P        P spans the r largest singular vectors of W
 *
 * P comes from subspace iteration (Halko, Martinsson and Tropp, 2011): P := orthonormal rows of P W'W, where
 * W'W = alpha' K alpha, and K alpha = Y - lambda alpha because alpha = (K + lambda I)^-1 Y. */
#ifndef ECAN_LINEAR_LOW_RANK_H
#define ECAN_LINEAR_LOW_RANK_H

#include "linear/ridge.h"

#include "tensor/matrix.h"

/* Fills P[rank][L], rank <= L. If W has a lower rank, some rows are short or 0. lambda and d are those that r
 * was solved for. 0, or -1: out of memory, or numbers that are not finite. */
int low_rank(float *P, size_t rank, const ridge *r, double lambda, const dataset *d, pool *threads);

/* C[n][m] := A B of views with any strides; the threads share the rows of C. Cannot fail. */
void low_rank_product(float *C, const_matrix A, const_matrix B, pool *threads);

#endif
