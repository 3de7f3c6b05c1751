/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/low_rank.h"

#include "base/mem.h"
#include "base/rng.h"
#include "tensor/cholesky.h"
#include "tensor/gemm.h"

#include <float.h>
#include <math.h>

enum {
    ITERATIONS = 6,
    PASSES = 3, /* of the orthonormalisation */
    ROWS = 128  /* of a task */
};
#define SHIFT 1e-5f /* relative to the norm of the matrix */

typedef struct product {
    float *C;
    const_matrix A, B;
} product;

static void multiply_rows(void *context, size_t task, size_t worker)
{
    const product *p = context;
    (void)worker;
    const size_t first = task * ROWS, left = p->A.rows - first, n = left < ROWS ? left : ROWS;
    const const_matrix rows = {p->A.data + first * p->A.rs, n, p->A.cols, p->A.rs, p->A.cs};
    gemm(matrix_rows(p->C + first * p->B.cols, n, p->B.cols), 0, 1, rows, p->B);
}

void low_rank_product(float *C, const_matrix A, const_matrix B, pool *threads)
{
    pool_run(threads, multiply_rows, &(product){C, A, B}, (A.rows + ROWS - 1) / ROWS);
}

/* Orthonormal rows, by Cholesky factors with a shift (Fukaya and others, Shifted Cholesky QR, 2020):
 *
 *     P := F^-1 P    F F' = P P' + shift I
 *
 * The shift is far above the rounding errors of P P' and of F, so that F exists even if rows are linearly
 * dependent. A direction that is short in P becomes longer, but not as long as the others, so this is done
 * several times. S[rank][rank] is scratch. 0 or -1. */
static int orthonormalise(float *P, float *S, size_t rank, size_t L, pool *threads)
{
    for (int pass = 0; pass < PASSES; pass++) {
        const const_matrix rows = const_rows(P, rank, L);
        low_rank_product(S, rows, transpose(rows), threads);
        double squares = 0;
        for (size_t i = 0; i < rank * rank; i++)
            squares += (double)S[i] * (double)S[i];
        const float shift = SHIFT * (float)sqrt(squares) + FLT_MIN; /* S may be 0 */
        for (size_t k = 0; k < rank; k++)
            S[k * rank + k] += shift;
        if (cholesky(S, rank, threads))
            return -1;
        cholesky_forward(P, S, rank, L, threads);
    }
    return 0;
}

/* R[n][L] := K alpha = Y - lambda alpha */
static void residual(float *R, const ridge *r, double lambda, const dataset *d)
{
    for (size_t i = 0; i < r->n * r->L; i++)
        R[i] = -(float)lambda * r->alpha[i];
    for (size_t i = 0; i < d->n; i++)
        for (size_t j = 0; j < d->docs[i].n_gold; j++)
            R[i * r->L + d->docs[i].gold[j]] += 1;
}

int low_rank(float *P, size_t rank, const ridge *r, double lambda, const dataset *d, pool *threads)
{
    const size_t n = r->n, L = r->L;
    float *R = mem_room(n, L * sizeof *R), *Z = mem_room(n, rank * sizeof *Z),
          *S = mem_room(rank, rank * sizeof *S);
    int result = R && Z && S ? 0 : -1;
    rng random;
    rng_seed(&random, 1, 0, 0);
    for (size_t i = 0; !result && i < rank * L; i++)
        P[i] = rng_normal(&random);
    if (!result)
        residual(R, r, lambda, d);
    for (int i = 0; !result && i < ITERATIONS; i++) {
        low_rank_product(Z, const_rows(R, n, L), transpose(const_rows(P, rank, L)), threads);
        low_rank_product(P, transpose(const_rows(Z, n, rank)), const_rows(r->alpha, n, L), threads);
        result = orthonormalise(P, S, rank, L, threads);
    }
    mem_free(R);
    mem_free(Z);
    mem_free(S);
    return result;
}
