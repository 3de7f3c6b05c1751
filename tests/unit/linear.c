/* SPDX-License-Identifier: Apache-2.0 */
/* lib/linear: TF-IDF against counting in full matrices; the kernel against sums over all features; leaving a
 * text out against training without it; Platt's probabilities at their optimum. lib/train/score_histogram:
 * the best threshold against all. */
#include "linear/platt.h"
#include "linear/ridge.h"
#include "tensor/cholesky.h"

#include "base/err.h"
#include "numbers.h"
#include "tap.h"

#include <string.h>

enum {
    TEXTS = 150,
    WORDS = 12,
    LONGEST = 30,
    LABELS = 5,
    FEATURES = WORDS * WORDS
}; /* (w, 0) is the word w */

typedef struct made {
    int32_t ids[TEXTS][LONGEST], gold[TEXTS][LABELS];
    example docs[TEXTS];
    dataset d;
} made;

/* Text 0 is empty, text 1 has no word that is known, text 2 one word. Ids 0 and 1 are no words. */
static void make(made *m, rng *r)
{
    *m = (made){.d = {.docs = m->docs, .n = TEXTS}};
    for (int i = 0; i < TEXTS; i++) {
        example *e = &m->docs[i];
        *e = (example){
            .ids = m->ids[i], .gold = m->gold[i], .T = i < 3 ? (size_t)i : 1 + rng_below(r, LONGEST)};
        for (size_t t = 0; t < e->T; t++)
            m->ids[i][t] = i == 1   ? VOCAB_UNK
                           : i == 2 ? 5
                                    : (int32_t)(1 + rng_below(r, WORDS - 1) * rng_below(r, 2));
        for (int j = 0; j < LABELS; j++)
            if (rng_below(r, 3) == 0)
                m->gold[i][e->n_gold++] = j;
    }
}

/* x[FEATURES]: counts of each word and pair of a text. */
static void count(double *x, const example *e, bool pairs)
{
    memset(x, 0, FEATURES * sizeof *x);
    for (size_t t = 0; t < e->T; t++) {
        const int32_t a = e->ids[t], b = t + 1 < e->T ? e->ids[t + 1] : 0;
        if (a >= 2)
            x[a * WORDS]++;
        if (a >= 2 && b >= 2 && pairs)
            x[a * WORDS + b]++;
    }
}

/* X[TEXTS][FEATURES] by the definition. */
static void tfidf(double (*X)[FEATURES], int *n_features, const dataset *d, int min_df, bool pairs)
{
    for (size_t i = 0; i < d->n; i++)
        count(X[i], &d->docs[i], pairs);
    *n_features = 0;
    for (int f = 0; f < FEATURES; f++) {
        int df = 0;
        for (size_t i = 0; i < d->n; i++)
            df += X[i][f] > 0;
        *n_features += df >= min_df;
        for (size_t i = 0; i < d->n; i++)
            X[i][f] = df >= min_df && X[i][f] > 0
                          ? (1 + log(X[i][f])) * (1 + log((1.0 + (double)d->n) / (1.0 + df)))
                          : 0;
    }
    for (size_t i = 0; i < d->n; i++) {
        double sum = 0;
        for (int f = 0; f < FEATURES; f++)
            sum += X[i][f] * X[i][f];
        for (int f = 0; f < FEATURES && sum > 0; f++)
            X[i][f] /= sqrt(sum);
    }
}

/* The kernel is all that the rest sees of the features. */
static void check_kernel(const made *m, int min_df, bool pairs, pool *one, pool *three)
{
    static double X[TEXTS][FEATURES];
    int n_features;
    const dataset *d = &m->d;
    tfidf(X, &n_features, d, min_df, pairs);
    grams g;
    kernel k;
    sparse x = {0};
    float *K = floats(TEXTS * TEXTS), *again = floats(TEXTS * TEXTS), row[TEXTS];
    int result = grams_learn(&g, d, NULL, min_df, pairs, 0) || kernel_make(&k, &g, d);
    if (!result) {
        kernel_matrix(K, &k, one);
        kernel_matrix(again, &k, three);
    }
    ok(!result && g.n == n_features, "in %d texts or more%s: %d features", min_df,
       pairs ? ", with pairs" : "", n_features);
    double worst = 0, worst_row = 0;
    for (int i = 0; i < TEXTS; i++) {
        result |= grams_vector(&x, &g, d->docs[i].ids, d->docs[i].T);
        kernel_row(row, &k, &x, 0);
        for (int j = 0; j < TEXTS; j++) {
            double sum = 0;
            for (int f = 0; f < FEATURES; f++)
                sum += X[i][f] * X[j][f];
            worst_row = worse(fabs((double)row[j] - sum), worst_row);
            if (j >= i)
                worst = worse(fabs((double)K[i * TEXTS + j] - sum), worst);
        }
    }
    ok(!result && worst < 1e-6 && worst_row < 1e-6, "the kernel, and a row of it: %.1e, %.1e off", worst,
       worst_row);
    ok(memcmp(K, again, TEXTS * TEXTS * sizeof *K) == 0, "bit-identical with three threads");
    sparse_free(&x);
    mem_free(K);
    mem_free(again);
    kernel_free(&k);
    grams_free(&g);
}

/* The smallest min_df that leaves at most that many features. */
static void check_most_features(const made *m, size_t most)
{
    static double X[TEXTS][FEATURES];
    int n_features, min_df = 2;
    grams g;
    do
        tfidf(X, &n_features, &m->d, min_df++, true);
    while ((size_t)n_features > most);
    const int result = grams_learn(&g, &m->d, NULL, 2, true, most);
    ok(!result && g.n == n_features, "at most %zu features: %d, in %d texts or more", most, g.n, min_df - 1);
    grams_free(&g);
}

/* f of text `out` by alpha of a ridge over the others: the kernel without its row and column. */
static void train_without(float *f, const ridge *r, const dataset *d, size_t out, float lambda, pool *threads)
{
    const size_t n = d->n;
    float *G = floats((n - 1) * (n - 1)), *alpha = floats((n - 1) * LABELS), *row = floats(n - 1);
    for (size_t i = 0, a = 0; i < n; i++) {
        if (i == out)
            continue;
        for (size_t j = 0, b = 0; j < n; j++) {
            if (j == out)
                continue;
            G[a * (n - 1) + b++] = i == j ? r->diagonal[i] + lambda : r->K[i < j ? i * n + j : j * n + i];
        }
        row[a] = r->K[i < out ? i * n + out : out * n + i];
        for (size_t j = 0; j < d->docs[i].n_gold; j++)
            alpha[a * LABELS + (size_t)d->docs[i].gold[j]] = 1;
        a++;
    }
    memset(f, 0, LABELS * sizeof *f);
    if (cholesky(G, n - 1, threads))
        return;
    cholesky_solve(alpha, G, n - 1, LABELS, threads);
    for (size_t a = 0; a < n - 1; a++)
        for (int j = 0; j < LABELS; j++)
            f[j] += row[a] * alpha[a * LABELS + (size_t)j];
    mem_free(G);
    mem_free(alpha);
    mem_free(row);
}

static void check_left_out(const made *m, float lambda, pool *threads)
{
    const dataset *d = &m->d;
    grams g;
    kernel k;
    ridge r;
    score_histogram is = {0}, wanted = {0};
    int result = grams_learn(&g, d, NULL, 1, true, 0) || kernel_make(&k, &g, d) ||
                 ridge_make(&r, &k, LABELS, threads) || ridge_solve(&r, 2 * lambda, d, threads) ||
                 ridge_solve(&r, lambda, d, threads) || ridge_left_out(&is, &r, d, threads);
    for (size_t i = 0; !result && i < d->n; i++) {
        float f[LABELS];
        bool gold[LABELS] = {false};
        train_without(f, &r, d, i, lambda, threads);
        for (size_t j = 0; j < d->docs[i].n_gold; j++)
            gold[d->docs[i].gold[j]] = true;
        for (int j = 0; j < LABELS; j++)
            score_histogram_add(&wanted, f[j], gold[j]);
    }
    /* Rounding may move a score into the next bin. */
    int64_t right = 0, wrong = 0, most = 0;
    for (int bin = 0; bin < SCORE_HISTOGRAM_BINS; bin++) {
        right += (int64_t)is.right[bin] - (int64_t)wanted.right[bin];
        wrong += (int64_t)is.wrong[bin] - (int64_t)wanted.wrong[bin];
        most = llabs(right) > most ? llabs(right) : most;
        most = llabs(wrong) > most ? llabs(wrong) : most;
    }
    ok(!result && !right && !wrong && most <= 1,
       "lambda %g: each text left out, as if trained without it (%d)", (double)lambda, (int)most);
    ridge_free(&r);
    kernel_free(&k);
    grams_free(&g);
}

static void check_too_small(const made *m, pool *threads)
{
    grams g;
    kernel k;
    ridge r;
    const int result = grams_learn(&g, &m->d, NULL, 1, true, 0) || kernel_make(&k, &g, &m->d) ||
                       ridge_make(&r, &k, LABELS, threads);
    ok(!result && ridge_solve(&r, 0, &m->d, threads) == -1, "lambda 0 of an empty text is refused: %s",
       err_message());
    ridge_free(&r);
    kernel_free(&k);
    grams_free(&g);
}

/* Cross entropy of a and c over the counts, at Platt's targets. */
static double entropy(const score_histogram *t, double a, double c)
{
    double right = 0, wrong = 0, sum = 0;
    for (int b = 0; b < SCORE_HISTOGRAM_BINS; b++) {
        right += (double)t->right[b];
        wrong += (double)t->wrong[b];
    }
    for (int b = 0; b < SCORE_HISTOGRAM_BINS; b++) {
        const double p = 1 / (1 + exp(-(a * (b + 0.5) / SCORE_HISTOGRAM_BINS + c)));
        const double up = (right + 1) / (right + 2), down = 1 / (wrong + 2);
        sum -= (double)t->right[b] * (up * log(p) + (1 - up) * log(1 - p));
        sum -= (double)t->wrong[b] * (down * log(p) + (1 - down) * log(1 - p));
    }
    return sum;
}

static void check_platt(const char *title, const score_histogram *t)
{
    const platt p = platt_fit(t);
    const double least = entropy(t, p.a, p.c), away = 1e-2;
    bool lower = false;
    for (int i = 0; i < 8; i++)
        lower |= entropy(t, p.a + away * cos(i * M_PI / 4), p.c + away * sin(i * M_PI / 4)) < least;
    ok(isfinite(p.a) && isfinite(p.c) && !lower, "%s: a %.3g, c %.3g: no neighbour is better", title, p.a,
       p.c);
}

static void check_probabilities(rng *r)
{
    score_histogram t = {0}, none = {0}, apart = {0}, one_bin = {0}, few = {.right[800] = 3, .wrong[100] = 2};
    for (int i = 0; i < 20000; i++) {
        const float f = rng_uniform(r);
        score_histogram_add(&t, f, rng_uniform(r) < 1 / (1 + expf(-(8 * f - 5))));
        score_histogram_add(&apart, f, f > 0.7f);
        score_histogram_add(&one_bin, 0.2504f, i % 4 == 0);
    }
    const platt p = platt_fit(&t);
    ok(fabs(p.a - 8) < 0.5 && fabs(p.c + 5) < 0.3, "scores that a sigmoid made: a %.2f of 8, c %.2f of -5",
       p.a, p.c);
    check_platt("those", &t);
    check_platt("gold and others apart", &apart);
    check_platt("no scores", &none);
    check_platt("three and two, apart", &few);
    const platt q = platt_fit(&one_bin);
    ok(fabs(1 / (1 + exp(-(q.a * 0.2505 + q.c))) - 0.25) < 1e-3, "one score, a quarter gold: a quarter");
}

static void check_histogram(rng *r)
{
    enum { SCORES = 3000 };
    static float score[SCORES];
    static bool gold[SCORES];
    score_histogram t = {0}, a = {0}, b = {0};
    uint64_t n_gold = 7; /* seven have no score */
    for (int i = 0; i < SCORES; i++) {
        gold[i] = rng_below(r, 4) == 0;
        score[i] = rng_uniform(r) * 1.2f - 0.1f + (gold[i] ? 0.2f : 0);
        n_gold += gold[i];
        score_histogram_add(&t, score[i], gold[i]);
        score_histogram_add(i % 2 ? &a : &b, score[i], gold[i]);
    }
    score_histogram_merge(&a, &b);
    ok(memcmp(&a, &t, sizeof t) == 0, "two counts merged are one");
    static const float odd[] = {NAN, -INFINITY, -3, INFINITY, 1e30f};
    score_histogram o = {0};
    for (int i = 0; i < 5; i++)
        score_histogram_add(&o, odd[i], true);
    ok(o.right[0] == 3 && o.right[SCORE_HISTOGRAM_BINS - 1] == 2,
       "scores outside 0 .. 1, and NaN, have a bin");
    double best = 0, threshold;
    for (int k = 1; k < SCORE_HISTOGRAM_BINS; k++) {
        uint64_t tp = 0, fp = 0;
        for (int i = 0; i < SCORES; i++) {
            tp += gold[i] && score[i] > (float)k / SCORE_HISTOGRAM_BINS;
            fp += !gold[i] && score[i] > (float)k / SCORE_HISTOGRAM_BINS;
        }
        best = score_histogram_f1(tp, fp, n_gold) > best ? score_histogram_f1(tp, fp, n_gold) : best;
    }
    const double found = score_histogram_best(&threshold, &t, n_gold);
    ok(fabs(found - best) < 1e-12, "the best threshold, %.3f: F1 %.3f", threshold, best);
    const double lowest =
        score_histogram_best(&threshold, &(score_histogram){.right[1] = 9, .wrong[0] = 9}, 9);
    ok(lowest == 1 && threshold == 0.001, "all above the lowest threshold");
    ok(score_histogram_best(&threshold, &(score_histogram){0}, 5) == 0 && threshold == 0.5,
       "nothing right: 0 at 0.5");
    ok(score_histogram_f1(0, 0, 0) == 0 && score_histogram_f1(1, 1, 3) == 0.4, "F1 of counts");
}

int main(void)
{
    static made m;
    rng r;
    rng_seed(&r, 3, 0, 0);
    make(&m, &r);
    pool *one = pool_new(1), *three = pool_new(3);
    check_kernel(&m, 1, true, one, three);
    check_kernel(&m, 3, true, one, three);
    check_kernel(&m, 3, false, one, three);
    check_kernel(&m, TEXTS + 1, true, one, three);
    check_most_features(&m, 1);
    check_most_features(&m, 10);
    check_most_features(&m, FEATURES);
    check_left_out(&m, 0.1f, three);
    check_left_out(&m, 3, one);
    check_too_small(&m, one);
    check_probabilities(&r);
    check_histogram(&r);
    pool_free(one);
    pool_free(three);
    return tap_done();
}
