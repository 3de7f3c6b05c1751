/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/logistic.h"

#include "base/err.h"

#include <math.h>
#include <string.h>

enum { STEPS = 100, K = LOGISTIC_INPUTS + 1 };

/* Gradient, second derivatives (lower triangle) and value of what is minimised. */
typedef struct derivatives {
    double g[K], H[K][K], value;
} derivatives;

static double softplus(double z)
{
    return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

static void derive(derivatives *d, const double *w, int k, size_t n, logistic_row *row, const void *context,
                   double ridge)
{
    double x[K];
    memset(d, 0, sizeof *d);
    for (int j = 0; j < k; j++) {
        d->g[j] = ridge * w[j];
        d->H[j][j] = ridge;
        d->value += ridge / 2 * w[j] * w[j];
    }
    d->H[k][k] = 1e-9; /* all observations alike: the bias has a limit */
    x[k] = 1;
    for (size_t i = 0; i < n; i++) {
        const bool y = row(context, i, x);
        double z = 0;
        for (int j = 0; j <= k; j++)
            z += w[j] * x[j];
        const double p = 1 / (1 + exp(-z));
        d->value += softplus(y ? -z : z);
        for (int a = 0; a <= k; a++) {
            d->g[a] += (p - y) * x[a];
            for (int b = 0; b <= a; b++)
                d->H[a][b] += p * (1 - p) * x[a] * x[b];
        }
    }
}

/* g := H^-1 g by H = L L', L in H's place. */
static int solve(derivatives *d, int n)
{
    for (int a = 0; a < n; a++)
        for (int b = 0; b <= a; b++) {
            double sum = d->H[a][b];
            for (int j = 0; j < b; j++)
                sum -= d->H[a][j] * d->H[b][j];
            if (a == b && !(sum > 0))
                return -1;
            d->H[a][b] = a == b ? sqrt(sum) : sum / d->H[b][b];
        }
    for (int a = 0; a < n; a++) {
        for (int j = 0; j < a; j++)
            d->g[a] -= d->H[a][j] * d->g[j];
        d->g[a] /= d->H[a][a];
    }
    for (int a = n - 1; a >= 0; a--) {
        for (int j = a + 1; j < n; j++)
            d->g[a] -= d->H[j][a] * d->g[j];
        d->g[a] /= d->H[a][a];
    }
    return 0;
}

int logistic_fit(double *w, int k, size_t n, logistic_row *row, const void *context, double ridge)
{
    derivatives d;
    double before[K], last = HUGE_VAL;
    if (k > LOGISTIC_INPUTS)
        return err_set("logistic regression with %d inputs", k);
    memcpy(before, w, ((size_t)k + 1) * sizeof *w);
    for (int step = 0; step < STEPS; step++) {
        derive(&d, w, k, n, row, context, ridge);
        if (d.value > last) { /* too far */
            for (int j = 0; j <= k; j++)
                w[j] = (w[j] + before[j]) / 2;
            continue;
        }
        const bool done = last - d.value <= 1e-10 * (1 + d.value);
        last = d.value;
        memcpy(before, w, ((size_t)k + 1) * sizeof *w);
        if (solve(&d, k + 1))
            return err_set("logistic regression: numbers that are not finite");
        for (int j = 0; j <= k; j++)
            w[j] -= d.g[j];
        if (done)
            break;
    }
    for (int j = 0; j <= k; j++)
        if (!isfinite(w[j]))
            return err_set("logistic regression: numbers that are not finite");
    return 0;
}
