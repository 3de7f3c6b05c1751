/* SPDX-License-Identifier: Apache-2.0 */
/* lib/tensor/logistic: against scikit-learn and SciPy; rows in another order; rows that a plane separates;
 * what is not finite.
 *
 * The expected weights were printed by
 *
 *     import numpy as n
 *     from sklearn.linear_model import LogisticRegression as R
 *     from scipy.optimize import minimize
 *     i = n.arange(40)
 *     x = n.c_[i % 7 / 2 - 1.5, i % 5 / 4 - .5, n.ones(40)]; y = (i * i + i // 3) % 11 < 4; c = 1 + i % 3
 *     f = lambda s, l: R(C=1 / l, fit_intercept=False, solver="newton-cg", tol=1e-14).fit(x, y, s).coef_[0]
 *     l = n.array([4, .5, .01]); w0 = n.array([1, -2, .5]); t = (1 + 2 * y) / 4
 *     o = lambda w: (n.log1p(n.exp(x @ w)) - t * (x @ w)).sum() + (l * (w - w0)**2).sum() / 2
 *     g = lambda w: x.T @ (1 / (1 + n.exp(-x @ w)) - t) + l * (w - w0)
 *     print(f(None, 1), f(c, .25), minimize(o, w0, jac=g, tol=1e-13, method="BFGS").x) */
#include "tensor/logistic.h"

#include "base/err.h"
#include "numbers.h"
#include "tap.h"

#include <stdbool.h>
#include <string.h>

enum { N = 40, F = 3 };

static float x[N][F], y[N], c[N], soft[N];

static void make_rows(void)
{
    for (int i = 0; i < N; i++) {
        x[i][0] = (float)(i % 7) / 2 - 1.5f;
        x[i][1] = (float)(i % 5) / 4 - 0.5f;
        x[i][2] = 1;
        y[i] = (i * i + i / 3) % 11 < 4;
        c[i] = (float)(1 + i % 3);
        soft[i] = (1 + 2 * y[i]) / 4;
    }
}

static double off(const double *w, const double *wanted)
{
    double worst = 0;
    for (int j = 0; j < F; j++)
        worst = worse(error_of(w[j], wanted[j]), worst);
    return worst;
}

static void check(const char *what, const logistic_rows *rows, const double *prior, const double *l2,
                  const double *wanted)
{
    double w[F];
    memcpy(w, prior, sizeof w);
    const int status = logistic_fit(w, rows, l2);
    ok(!status && off(w, wanted) < 1e-8, "%s: %.1e off", what, off(w, wanted));
}

static void same_in_any_order(void)
{
    float u[N][F], v[N];
    double first[F] = {0}, second[F] = {0};
    for (int i = 0; i < N; i++) {
        memcpy(u[i], x[i * 7 % N], sizeof u[i]);
        v[i] = y[i * 7 % N];
    }
    const double l2[] = {1, 1, 1};
    const int status = logistic_fit(first, &(logistic_rows){N, F, x[0], y, NULL}, l2) ||
                       logistic_fit(second, &(logistic_rows){N, F, u[0], v, NULL}, l2);
    ok(!status && off(first, second) < 1e-9, "rows in another order: %.1e off", off(first, second));
}

/* Targets that are 1 where the first feature is positive, or everywhere. */
static void separable(bool everywhere)
{
    float target[N];
    double w[F] = {0};
    for (int i = 0; i < N; i++)
        target[i] = everywhere || x[i][0] > 0;
    const double l2[] = {1e-6, 1e-6, 1e-6};
    const int status = logistic_fit(w, &(logistic_rows){N, F, x[0], target, NULL}, l2);
    bool fits = !status;
    for (int i = 0; i < N; i++) {
        const double z = w[0] * (double)x[i][0] + w[1] * (double)x[i][1] + w[2];
        fits &= isfinite(z) && (z > 0) == (target[i] > 0.5f);
    }
    ok(fits, "%s: the weights are finite and fit (%.3g, %.3g, %.3g)",
       everywhere ? "one target in all rows" : "separable rows", w[0], w[1], w[2]);
}

static void far_away(void)
{
    const double wanted[] = {-0.0237242148, 0.6926630026, -0.4692771089};
    float big[N][F];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < F; j++)
            big[i][j] = 1e6f * x[i][j];
    double w[F] = {0}, scaled[] = {1e12, 1e12, 1e12};
    const int status = logistic_fit(w, &(logistic_rows){N, F, big[0], y, NULL}, scaled);
    for (int j = 0; j < F; j++)
        w[j] *= 1e6;
    ok(!status && off(w, wanted) < 1e-8, "features of 1e6: %.1e off", off(w, wanted));
    double start[] = {300, -500, 200}, weak[] = {1e-6, 1e-6, 1e-6}, none[F] = {0};
    if (logistic_fit(start, &(logistic_rows){N, F, x[0], y, NULL}, weak) ||
        logistic_fit(none, &(logistic_rows){N, F, x[0], y, NULL}, weak))
        start[0] = NAN;
    ok(off(start, none) < 1e-3, "a prior far from the minimum, with a weak penalty: (%.3g, %.3g, %.3g)",
       start[0], start[1], start[2]);
}

static void reject(const char *what, const logistic_rows *rows, const char *why)
{
    double w[LOGISTIC_FEATURES + 1] = {7}, l2[LOGISTIC_FEATURES + 1];
    for (int j = 0; j <= LOGISTIC_FEATURES; j++)
        l2[j] = 1;
    ok(logistic_fit(w, rows, l2) == -1 && strstr(err_message(), why) && w[0] == 7, "%s: %s", what,
       err_message());
}

int main(void)
{
    make_rows();
    const double zero[F] = {0}, one[] = {1, 1, 1}, quarter[] = {0.25, 0.25, 0.25};
    check("scikit-learn", &(logistic_rows){N, F, x[0], y, NULL}, zero, one,
          (double[]){-0.0237242148, 0.6926630026, -0.4692771089});
    check("scikit-learn, with counts", &(logistic_rows){N, F, x[0], y, c}, zero, quarter,
          (double[]){-0.1062509046, 1.3286980480, -0.4605468948});
    const double prior[] = {1, -2, 0.5}, unequal[] = {4, 0.5, 0.01};
    check("SciPy: a prior, unequal penalties, targets between 0 and 1",
          &(logistic_rows){N, F, x[0], soft, NULL}, prior, unequal,
          (double[]){0.3010229865, -0.1996255068, -0.2369687654});
    check("no rows: the prior", &(logistic_rows){0, F, x[0], y, NULL}, prior, one, prior);
    same_in_any_order();
    separable(false);
    separable(true);
    far_away();
    reject("too many features", &(logistic_rows){1, LOGISTIC_FEATURES + 1, x[0], y, NULL}, "at most 32");
    x[3][1] = NAN;
    reject("a feature that is NaN", &(logistic_rows){N, F, x[0], y, NULL}, "not finite");
    x[3][1] = INFINITY;
    reject("a feature that is infinite", &(logistic_rows){N, F, x[0], y, NULL}, "not finite");
    return tap_done();
}
