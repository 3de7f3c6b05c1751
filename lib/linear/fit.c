/* SPDX-License-Identifier: Apache-2.0 */
#include "linear/fit.h"

#include "base/err.h"

/* Computes alpha for lambda, and the histogram of its leave-one-out scores. */
static int try_lambda(linear_fit *m, double lambda, score_histogram *t, const dataset *d, pool *threads)
{
    *t = (score_histogram){0};
    if (ridge_solve(&m->ridge, (float)lambda, d, threads))
        return err_prefix("lambda %g is too small: ", lambda);
    return ridge_left_out(t, &m->ridge, d, threads);
}

/* Selects the best lambda, and computes its alpha and probabilities. */
static int solve(linear_fit *m, const dataset *d, const linear_options *options, pool *threads)
{
    linear_summary *about = &m->about;
    double last = 0;
    about->micro_f1 = -1;
    for (int i = 0; i < options->n_lambdas; i++) {
        score_histogram t;
        double threshold;
        last = options->lambdas[i];
        if (try_lambda(m, last, &t, d, threads))
            return -1;
        const double f1 = score_histogram_best(&threshold, &t, d->gold);
        if (f1 <= about->micro_f1)
            continue;
        m->platt = platt_fit(&t);
        about->micro_f1 = f1;
        about->lambda = last;
        about->threshold = 1 / (1 + exp(-(m->platt.a * threshold + m->platt.c)));
    }
    return about->lambda == last ? 0 : ridge_solve(&m->ridge, (float)about->lambda, d, threads);
}

int linear_fit_features(linear_fit *m, const dataset *d, size_t L, const linear_options *options,
                        pool *threads)
{
    m->grams.first_words = options->first_words;
    if (kernel_make(&m->kernel, &m->grams, d) || ridge_make(&m->ridge, &m->kernel, L, threads))
        return -1;
    kernel_forget_texts(&m->kernel);
    if (solve(m, d, options, threads))
        return -1;
    ridge_forget_kernel(&m->ridge);
    m->about.texts = d->n;
    m->about.features = m->grams.n;
    return 0;
}

int linear_fit_make(linear_fit *m, const dataset *d, size_t L, const linear_options *options, pool *threads)
{
    *m = (linear_fit){0};
    if (d->n == 0)
        return err_set("no encounters to learn from");
    if (L == 0)
        return err_set("no encounter has a label");
    if (d->n > INT32_MAX)
        return err_set("%zu encounters: at most %d are supported", d->n, INT32_MAX);
    return grams_learn(&m->grams, d, options->words, options->min_df, options->bigrams, options->max_features)
               ? -1
               : linear_fit_features(m, d, L, options, threads);
}

void linear_fit_free(linear_fit *m)
{
    grams_free(&m->grams);
    kernel_free(&m->kernel);
    ridge_free(&m->ridge);
}
