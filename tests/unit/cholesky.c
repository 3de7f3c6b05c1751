/* SPDX-License-Identifier: Apache-2.0 */
/* lib/tensor/cholesky: against the same sums in double precision; what is not positive definite; the upper
 * triangle. */
#include "tensor/cholesky.h"

#include "base/err.h"
#include "numbers.h"
#include "tap.h"

#include <stdbool.h>
#include <string.h>

/* A = M M' + n I / 10, symmetric positive definite; above the diagonal NaN where poison is true. */
static float *positive(size_t n, bool poison, rng *r)
{
    float *A = floats(n * n), *M = normals(n * n, r);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = i == j ? 0.1 * (double)n : 0;
            for (size_t k = 0; k < n; k++)
                sum += (double)M[i * n + k] * (double)M[j * n + k];
            A[i * n + j] = poison && j > i ? NAN : (float)sum;
        }
    mem_free(M);
    return A;
}

/* The worst error of L L' where A is wanted, over A's largest number. */
static double factor_error(const float *L, const float *A, size_t n)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;
            for (size_t k = 0; k <= j; k++)
                sum += (double)L[i * n + k] * (double)L[j * n + k];
            worst = worse(fabs(sum - (double)A[i * n + j]), worst);
            largest = worse(fabs((double)A[i * n + j]), largest);
        }
    return n ? worst / largest : 0;
}

/* The worst of A X - Y, over the largest number of Y. */
static double solution_error(const float *A, const float *X, const float *Y, size_t n, size_t m)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++)
                sum += (double)(k <= i ? A[i * n + k] : A[k * n + i]) * (double)X[k * m + j];
            worst = worse(fabs(sum - (double)Y[i * m + j]), worst);
            largest = worse(fabs((double)Y[i * m + j]), largest);
        }
    return n && m ? worst / largest : 0;
}

/* The worst of L X - Y, over the largest number of Y. */
static double forward_error(const float *L, const float *X, const float *Y, size_t n, size_t m)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            double sum = 0;
            for (size_t k = 0; k <= i; k++)
                sum += (double)L[i * n + k] * (double)X[k * m + j];
            worst = worse(fabs(sum - (double)Y[i * m + j]), worst);
            largest = worse(fabs((double)Y[i * m + j]), largest);
        }
    return n && m ? worst / largest : 0;
}

/* The diagonal of the inverse is that of the solution for the identity. */
static double diagonal_error(const float *d, const float *L, size_t n, pool *threads)
{
    float *I = floats(n * n);
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        I[i * n + i] = 1;
    cholesky_solve(I, L, n, n, threads);
    for (size_t i = 0; i < n; i++)
        worst = worse(fabs((double)d[i] / (double)I[i * n + i] - 1), worst);
    mem_free(I);
    return worst;
}

static void check(size_t n, size_t m, rng *r, pool *one, pool *three)
{
    float *A = positive(n, true, r), *L = floats(n * n), *other = floats(n * n);
    float *Y = normals(n * m, r), *X = floats(n * m), *again = floats(n * m), *d = floats(n);
    memcpy(L, A, n * n * sizeof *L);
    memcpy(other, A, n * n * sizeof *L);
    const int done = cholesky(L, n, one), twice = cholesky(other, n, three);
    double error = factor_error(L, A, n);
    ok(!done && error < 1e-5, "L L' of %zu rows: %.1e off", n, error);
    bool stays = true;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            stays &= isnan(L[i * n + j]);
    ok(stays, "numbers above the diagonal of %zu rows do not change", n);
    memcpy(X, Y, n * m * sizeof *X);
    memcpy(again, Y, n * m * sizeof *X);
    cholesky_solve(X, L, n, m, one);
    cholesky_solve(again, other, n, m, three);
    error = solution_error(A, X, Y, n, m);
    ok(error < 1e-5, "A X of %zu rows, %zu columns: %.1e off", n, m, error);
    ok(!twice && memcmp(X, again, n * m * sizeof *X) == 0, "three threads: the same bytes");
    memcpy(X, Y, n * m * sizeof *X);
    memcpy(again, Y, n * m * sizeof *X);
    cholesky_forward(X, L, n, m, one);
    cholesky_forward(again, L, n, m, three);
    error = forward_error(L, X, Y, n, m);
    ok(error < 1e-5 && memcmp(X, again, n * m * sizeof *X) == 0,
       "L X: %.1e off; bit-identical with three threads", error);
    const int inverted = cholesky_inverse_diagonal(d, L, n, three);
    const double off = diagonal_error(d, L, n, one);
    ok(!inverted && off < 1e-5, "the diagonal of the inverse of %zu rows: %.1e off", n, off);
    mem_free(A);
    mem_free(L);
    mem_free(other);
    mem_free(Y);
    mem_free(X);
    mem_free(again);
    mem_free(d);
}

static void reject(size_t n, size_t at, float value, rng *r, pool *threads)
{
    float *A = positive(n, false, r);
    char row[16];
    A[at * n + at] = value;
    snprintf(row, sizeof row, "row %zu", at);
    ok(cholesky(A, n, threads) == -1 && strstr(err_message(), row), "%g on the diagonal of row %zu: refused",
       (double)value, at);
    mem_free(A);
}

int main(void)
{
    rng r;
    rng_seed(&r, 1, 0, 0);
    pool *one = pool_new(1), *three = pool_new(3);
    const size_t sizes[] = {0, 1, 2, 63, 64, 65, 128, 130, 333, 401};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check(sizes[i], i % 3 == 0 ? 1 : i % 3 == 1 ? 7 : 260, &r, one, three);
    check(5, 0, &r, one, three);
    reject(1, 0, 0, &r, three);
    reject(100, 70, -1, &r, three);
    reject(100, 99, NAN, &r, three);
    reject(100, 0, INFINITY, &r, three);
    pool_free(one);
    pool_free(three);
    return tap_done();
}
