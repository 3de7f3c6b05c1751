/* SPDX-License-Identifier: Apache-2.0 */
#include "tensor/logistic.h"

#include "base/err.h"
#include "base/vectorised.h"

#include <math.h>
#include <string.h>

enum { N = LOGISTIC_FEATURES, STEPS = 100, HALVINGS = 40 };

/* The objective at w, its gradient and the lower triangle of its second derivatives. */
typedef struct objective {
    double loss, g[N], H[N][N];
} objective;

INLINE void add_row(objective *o, const float *row, size_t n, const double *w, double y, double c)
{
    double z = 0, x[N];
    for (size_t j = 0; j < n; j++) {
        x[j] = row[j];
        z += w[j] * x[j];
    }
    const double e = exp(-fabs(z)), p = (z > 0 ? 1 : e) / (1 + e), curvature = c * e / ((1 + e) * (1 + e));
    o->loss += c * (log1p(e) + (z > 0 ? z : 0) - y * z);
    for (size_t j = 0; j < n; j++) {
        o->g[j] += c * (p - y) * x[j];
        for (size_t k = 0; k <= j; k++)
            o->H[j][k] += curvature * x[j] * x[k];
    }
}

VECTORISED static void evaluate(objective *o, const logistic_rows *r, const double *w, const double *prior,
                                const double *l2)
{
    const size_t n = r->features;
    memset(o, 0, sizeof *o);
    for (size_t j = 0; j < n; j++) {
        const double away = w[j] - prior[j];
        o->loss += 0.5 * l2[j] * away * away;
        o->g[j] = l2[j] * away;
        o->H[j][j] = l2[j];
    }
    for (size_t i = 0; i < r->n; i++)
        add_row(o, &r->x[i * n], n, w, (double)r->y[i], r->c ? (double)r->c[i] : 1);
}

/* g := H^-1 g by the Cholesky factorisation H = L L', which replaces H. */
static int solve(objective *o, size_t n)
{
    for (size_t j = 0; j < n; j++)
        for (size_t k = 0; k <= j; k++) {
            double sum = o->H[j][k];
            for (size_t m = 0; m < k; m++)
                sum -= o->H[j][m] * o->H[k][m];
            if (j == k && !(sum > 0))
                return err_set("logistic regression: the features are not independent");
            o->H[j][k] = j == k ? sqrt(sum) : sum / o->H[k][k];
        }
    for (size_t j = 0; j < n; j++) {
        for (size_t m = 0; m < j; m++)
            o->g[j] -= o->H[j][m] * o->g[m];
        o->g[j] /= o->H[j][j];
    }
    for (size_t j = n; j-- > 0;) {
        for (size_t m = j + 1; m < n; m++)
            o->g[j] -= o->H[m][j] * o->g[m];
        o->g[j] /= o->H[j][j];
    }
    return 0;
}

int logistic_fit(double *w, const logistic_rows *rows, const double *l2)
{
    const size_t n = rows->features;
    if (n > N)
        return err_set("logistic regression of %zu features: at most %d", n, N);
    double at[N], prior[N];
    objective now, next;
    memcpy(prior, w, n * sizeof *w);
    memcpy(at, w, n * sizeof *w);
    evaluate(&now, rows, at, prior, l2);
    if (!isfinite(now.loss))
        return err_set("logistic regression: a feature, target or weight is not finite");
    for (int step = 0; step < STEPS; step++) {
        double size = 1, try[N];
        if (solve(&now, n))
            return -1;
        for (int halving = 0; halving < HALVINGS; halving++, size /= 2) {
            for (size_t j = 0; j < n; j++)
                try[j] = at[j] - size * now.g[j];
            evaluate(&next, rows, try, prior, l2);
            if (next.loss < now.loss)
                break;
        }
        const double gain = now.loss - next.loss;
        if (!(gain > 0))
            break;
        memcpy(at, try, n * sizeof *at);
        now = next;
        if (gain <= 1e-14 * now.loss)
            break;
    }
    memcpy(w, at, n * sizeof *w);
    return 0;
}
