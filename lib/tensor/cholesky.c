/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/cholesky.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/minmax.h"
#include "tensor/gemm.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = 64,   /* columns factored at a time; within them gemm is not used */
    ROWS = 256,   /* rows of a task of the factorization */
    COLUMNS = 128 /* columns of a task of the solution */
};

static size_t tasks_of(size_t n, size_t each)
{
    return (n + each - 1) / each;
}

/* ---- A = L L' ---- */

typedef struct factorization {
    float *A;
    size_t n, first, width; /* the current block of columns */
} factorization;

/* L[i][j] = (A[i][j] - sum_k<j L[i][k] L[j][k]) / L[j][j] for one row i and the columns of the block. The sum
 * over the columns before the block is already subtracted. */
static void finish_row(const factorization *f, size_t i, size_t columns)
{
    float *row = f->A + i * f->n + f->first;
    for (size_t j = 0; j < columns; j++) {
        const float *other = f->A + (f->first + j) * f->n + f->first;
        row[j] = (row[j] - ops_dot(row, other, j)) / other[j];
    }
}

/* The block on the diagonal. Its upper half must not change, so the product goes to an array of its own. */
static int factor_diagonal(const factorization *f)
{
    float product[BLOCK * BLOCK];
    const float *rows = f->A + f->first * f->n;
    const const_matrix before = const_rows_ld(rows, f->width, f->first, f->n);
    gemm(matrix_rows_ld(product, f->width, f->width, BLOCK), 0, 1, before, transpose(before));
    for (size_t i = 0; i < f->width; i++) {
        float *row = f->A + (f->first + i) * f->n + f->first;
        for (size_t j = 0; f->first && j <= i; j++)
            row[j] -= product[i * BLOCK + j];
        finish_row(f, f->first + i, i);
        const float rest = row[i] - ops_dot(row, row, i);
        if (!(rest > 0 && isfinite(rest)))
            return err_set("the matrix is not positive definite at row %zu", f->first + i);
        row[i] = sqrtf(rest);
    }
    return 0;
}

/* The rows below the block on the diagonal, ROWS a task. */
static void factor_rows(void *context, size_t task, size_t worker)
{
    const factorization *f = context;
    (void)worker;
    const size_t below = f->first + f->width, i = below + task * ROWS, m = min_size(f->n - i, ROWS);
    gemm(matrix_rows_ld(f->A + i * f->n + f->first, m, f->width, f->n), 1, -1,
         const_rows_ld(f->A + i * f->n, m, f->first, f->n),
         transpose(const_rows_ld(f->A + f->first * f->n, f->width, f->first, f->n)));
    for (size_t r = i; r < i + m; r++)
        finish_row(f, r, f->width);
}

int cholesky(float *A, size_t n, pool *threads)
{
    factorization f = {.A = A, .n = n};
    for (; f.first < n; f.first += f.width) {
        f.width = min_size(n - f.first, BLOCK);
        if (factor_diagonal(&f))
            return -1;
        pool_run(threads, factor_rows, &f, tasks_of(n - f.first - f.width, ROWS));
    }
    return 0;
}

/* ---- L^-1 and L'^-1 ---- */

/* Forward substitution: X := L^-1 X for m columns of X with row stride ld. Rows before `from` are zero. */
static void substitute_forward(float *X, size_t ld, const float *L, size_t n, size_t m, size_t from)
{
    for (size_t k = from; k < n; k += BLOCK) {
        const size_t width = min_size(n - k, BLOCK);
        gemm(matrix_rows_ld(X + k * ld, width, m, ld), 1, -1,
             const_rows_ld(L + k * n + from, width, k - from, n),
             const_rows_ld(X + from * ld, k - from, m, ld));
        for (size_t i = k; i < k + width; i++) {
            for (size_t j = k; j < i; j++)
                ops_axpy(X + i * ld, -L[i * n + j], X + j * ld, m);
            const float scale = 1 / L[i * n + i];
            ops_scale_rows(X + i * ld, &scale, 1, m, ld);
        }
    }
}

/* Back substitution: X := L'^-1 X. */
static void substitute_back(float *X, size_t ld, const float *L, size_t n, size_t m)
{
    for (size_t k = (n - 1) / BLOCK * BLOCK + BLOCK; k > 0; k -= BLOCK) {
        const size_t first = k - BLOCK, end = min_size(n, k);
        gemm(matrix_rows_ld(X + first * ld, end - first, m, ld), 1, -1,
             transpose(const_rows_ld(L + end * n + first, n - end, end - first, n)),
             const_rows_ld(X + end * ld, n - end, m, ld));
        for (size_t i = end; i-- > first;) {
            for (size_t j = i + 1; j < end; j++)
                ops_axpy(X + i * ld, -L[j * n + i], X + j * ld, m);
            const float scale = 1 / L[i * n + i];
            ops_scale_rows(X + i * ld, &scale, 1, m, ld);
        }
    }
}

typedef struct linear_system {
    float *X;
    const float *L;
    size_t n, m;
} linear_system;

static void forward_columns(void *context, size_t task, size_t worker)
{
    const linear_system *s = context;
    (void)worker;
    const size_t first = task * COLUMNS;
    substitute_forward(s->X + first, s->m, s->L, s->n, min_size(s->m - first, COLUMNS), 0);
}

void cholesky_forward(float *X, const float *L, size_t n, size_t m, pool *threads)
{
    pool_run(threads, forward_columns, &(linear_system){.X = X, .L = L, .n = n, .m = m},
             tasks_of(m, COLUMNS));
}

static void solve_columns(void *context, size_t task, size_t worker)
{
    const linear_system *s = context;
    const size_t first = task * COLUMNS;
    forward_columns(context, task, worker);
    substitute_back(s->X + first, s->m, s->L, s->n, min_size(s->m - first, COLUMNS));
}

void cholesky_solve(float *X, const float *L, size_t n, size_t m, pool *threads)
{
    if (n > 0)
        pool_run(threads, solve_columns, &(linear_system){.X = X, .L = L, .n = n, .m = m},
                 tasks_of(m, COLUMNS));
}

typedef struct inversion {
    float *d;
    const float *L;
    size_t n;
    float *columns; /* scratch of the workers, [workers][n][BLOCK] */
} inversion;

/* BLOCK columns of L^-1, which are zero above the diagonal. */
static void invert_columns(void *context, size_t task, size_t worker)
{
    const inversion *v = context;
    const size_t first = task * BLOCK, width = min_size(v->n - first, BLOCK);
    float *M = v->columns + worker * v->n * BLOCK;
    memset(M + first * BLOCK, 0, (v->n - first) * BLOCK * sizeof *M);
    for (size_t j = 0; j < width; j++)
        M[(first + j) * BLOCK + j] = 1;
    substitute_forward(M, BLOCK, v->L, v->n, width, first);
    double sums[BLOCK] = {0};
    for (size_t i = first; i < v->n; i++)
        for (size_t j = 0; j < width; j++)
            sums[j] += (double)M[i * BLOCK + j] * (double)M[i * BLOCK + j];
    for (size_t j = 0; j < width; j++)
        v->d[first + j] = (float)sums[j];
}

int cholesky_inverse_diagonal(float *d, const float *L, size_t n, pool *threads)
{
    inversion v = {
        .d = d, .L = L, .n = n, .columns = mem_array(pool_size(threads) * n, BLOCK * sizeof *v.columns)};
    if (!v.columns)
        return -1;
    pool_run(threads, invert_columns, &v, tasks_of(n, BLOCK));
    mem_free(v.columns);
    return 0;
}
