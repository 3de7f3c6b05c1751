/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/platt.h"

/* The cross entropy, its gradient and its second derivatives, summed over the histogram. */
typedef struct sums {
    double loss, a, c, aa, ac, cc;
} sums;

static void add(sums *s, platt p, double f, double target, double weight)
{
    const double z = p.a * f + p.c, q = 1 / (1 + exp(-z));
    s->loss += weight * (log1p(exp(-fabs(z))) + (z > 0 ? z : 0) - target * z);
    s->a += weight * (q - target) * f;
    s->c += weight * (q - target);
    s->aa += weight * q * (1 - q) * f * f;
    s->ac += weight * q * (1 - q) * f;
    s->cc += weight * q * (1 - q);
}

static sums sum_up(const score_histogram *t, platt p, double right, double wrong)
{
    sums s = {0};
    for (int bin = 0; bin < SCORE_HISTOGRAM_BINS; bin++) {
        const double f = (bin + 0.5) / SCORE_HISTOGRAM_BINS;
        add(&s, p, f, (right + 1) / (right + 2), (double)t->right[bin]);
        add(&s, p, f, 1 / (wrong + 2), (double)t->wrong[bin]);
    }
    return s;
}

platt platt_fit(const score_histogram *t)
{
    enum { STEPS = 100, HALVINGS = 30 };
    double right = 0, wrong = 0;
    for (int bin = 0; bin < SCORE_HISTOGRAM_BINS; bin++) {
        right += (double)t->right[bin];
        wrong += (double)t->wrong[bin];
    }
    platt p = {.a = 0, .c = log((right + 1) / (wrong + 1))};
    sums s = sum_up(t, p, right, wrong);
    for (int step = 0; step < STEPS; step++) {
        const double aa = s.aa + 1e-12, cc = s.cc + 1e-12, determinant = aa * cc - s.ac * s.ac;
        const double da = (cc * s.a - s.ac * s.c) / determinant, dc = (aa * s.c - s.ac * s.a) / determinant;
        double size = 1;
        platt next = p;
        sums at_next = s;
        for (int halving = 0; halving < HALVINGS; halving++, size /= 2) {
            next = (platt){.a = p.a - size * da, .c = p.c - size * dc};
            at_next = sum_up(t, next, right, wrong);
            if (at_next.loss < s.loss)
                break;
        }
        if (!(s.loss - at_next.loss > 1e-10 * s.loss))
            break;
        p = next;
        s = at_next;
    }
    return p;
}
