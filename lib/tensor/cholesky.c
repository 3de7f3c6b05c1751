/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/cholesky.h"

#include "base/err.h"
#include "base/mem.h"
#include "tensor/gemm.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

enum {
    BLOCK = 64,   /* rows and columns that are done without gemm */
    ROWS = 256,   /* of the factorisation a task has */
    COLUMNS = 128 /* of a solution a task has */
};

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

static size_t tasks_of(size_t n, size_t each)
{
    return (n + each - 1) / each;
}

/* ---- A = L L' ---- */

typedef struct factoring {
    float *A;
    size_t n, first, width; /* the block of columns at work */
} factoring;

/* L[i][j] = (A[i][j] - sum_k<j L[i][k] L[j][k]) / L[j][j], of one row i in the block's columns, the sum over
 * those before the block having been taken. */
static void finish_row(const factoring *f, size_t i, size_t columns)
{
    float *row = f->A + i * f->n + f->first;
    for (size_t j = 0; j < columns; j++) {
        const float *other = f->A + (f->first + j) * f->n + f->first;
        row[j] = (row[j] - ops_dot(row, other, j)) / other[j];
    }
}

/* The block on the diagonal, whose upper half must stay: its product is made aside. */
static int factor_diagonal(const factoring *f)
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
            return err_set("a matrix is not positive definite at row %zu", f->first + i);
        row[i] = sqrtf(rest);
    }
    return 0;
}

static void factor_rows(void *context, size_t task, size_t worker)
{
    const factoring *f = context;
    (void)worker;
    const size_t below = f->first + f->width, i = below + task * ROWS, m = at_most(f->n - i, ROWS);
    gemm(matrix_rows_ld(f->A + i * f->n + f->first, m, f->width, f->n), 1, -1,
         const_rows_ld(f->A + i * f->n, m, f->first, f->n),
         transpose(const_rows_ld(f->A + f->first * f->n, f->width, f->first, f->n)));
    for (size_t r = i; r < i + m; r++)
        finish_row(f, r, f->width);
}

int cholesky(float *A, size_t n, pool *threads)
{
    factoring f = {.A = A, .n = n};
    for (; f.first < n; f.first += f.width) {
        f.width = at_most(n - f.first, BLOCK);
        if (factor_diagonal(&f))
            return -1;
        pool_run(threads, factor_rows, &f, tasks_of(n - f.first - f.width, ROWS));
    }
    return 0;
}

/* ---- L^-1 and L'^-1 ---- */

/* X := L^-1 X for columns[m] of X, from row `from` on; those above are zero. Rows of X are ld apart. */
static void forward(float *X, size_t ld, const float *L, size_t n, size_t m, size_t from)
{
    for (size_t k = from; k < n; k += BLOCK) {
        const size_t width = at_most(n - k, BLOCK);
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

/* X := L'^-1 X. */
static void backward(float *X, size_t ld, const float *L, size_t n, size_t m)
{
    for (size_t k = (n - 1) / BLOCK * BLOCK + BLOCK; k > 0; k -= BLOCK) {
        const size_t first = k - BLOCK, end = at_most(n, k);
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

typedef struct solving {
    float *X;
    const float *L;
    size_t n, m;
} solving;

static void solve_columns(void *context, size_t task, size_t worker)
{
    const solving *s = context;
    (void)worker;
    const size_t first = task * COLUMNS, width = at_most(s->m - first, COLUMNS);
    forward(s->X + first, s->m, s->L, s->n, width, 0);
    backward(s->X + first, s->m, s->L, s->n, width);
}

void cholesky_solve(float *X, const float *L, size_t n, size_t m, pool *threads)
{
    if (n > 0)
        pool_run(threads, solve_columns, &(solving){.X = X, .L = L, .n = n, .m = m}, tasks_of(m, COLUMNS));
}

typedef struct inverting {
    float *d;
    const float *L;
    size_t n;
    float *room; /* [workers][n][BLOCK] */
} inverting;

/* Columns first .. of L^-1, which are zero above row first. */
static void invert_columns(void *context, size_t task, size_t worker)
{
    const inverting *v = context;
    const size_t first = task * BLOCK, width = at_most(v->n - first, BLOCK);
    float *M = v->room + worker * v->n * BLOCK;
    memset(M + first * BLOCK, 0, (v->n - first) * BLOCK * sizeof *M);
    for (size_t j = 0; j < width; j++)
        M[(first + j) * BLOCK + j] = 1;
    forward(M, BLOCK, v->L, v->n, width, first);
    double sums[BLOCK] = {0};
    for (size_t i = first; i < v->n; i++)
        for (size_t j = 0; j < width; j++)
            sums[j] += (double)M[i * BLOCK + j] * (double)M[i * BLOCK + j];
    for (size_t j = 0; j < width; j++)
        v->d[first + j] = (float)sums[j];
}

int cholesky_inverse_diagonal(float *d, const float *L, size_t n, pool *threads)
{
    inverting v = {.d = d, .L = L, .n = n, .room = mem_array(pool_size(threads) * n, BLOCK * sizeof *v.room)};
    if (!v.room)
        return -1;
    pool_run(threads, invert_columns, &v, tasks_of(n, BLOCK));
    mem_free(v.room);
    return 0;
}
