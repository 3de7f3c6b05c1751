/* SPDX-License-Identifier: Apache-2.0 */
/* Training of the linear model: TF-IDF of words and bigrams (grams.h), ridge regression (ridge.h), and
 * probabilities from its leave-one-out scores (platt.h). linear.h predicts with all of it; branch.h makes
 * the linear branch of a model folder from it. */
#ifndef ECAN_LINEAR_FIT_H
#define ECAN_LINEAR_FIT_H

#include "linear/platt.h"
#include "linear/ridge.h"

typedef struct linear_options {
    const double *
        lambdas; /* [n_lambdas] of ridge regression; the best one in leave-one-out cross-validation is used */
    int n_lambdas;
    int min_df;          /* minimum number of texts with a word or bigram */
    size_t max_features; /* maximum number of words and bigrams, those in most texts; for character n-grams
                            half as many; 0: no maximum */
    const map *words;    /* the words of the ids (grams.h): character n-grams of them, too; NULL: without */
    bool bigrams;        /* also pairs of adjacent words */
    size_t first_words;  /* that many first words of a text count more (grams.h); 0: none */
    size_t max_words;    /* maximum number of words of a text; 0: no maximum */
} linear_options;

/* The results of training. */
typedef struct linear_summary {
    size_t texts;
    int32_t features;
    double lambda;    /* the selected one */
    double micro_f1;  /* leave-one-out micro-F1 of the training texts at the threshold */
    double threshold; /* the threshold with the best micro-F1, as a probability */
} linear_summary;

typedef struct linear_fit {
    linear_summary about;
    grams grams;
    kernel kernel;
    ridge ridge; /* without the kernel matrix */
    platt platt;
} linear_fit;

/* Trains on the texts of d with L labels. 0, or -1: no texts, no labels, out of memory, or a lambda that is
 * too small for single precision. Free m with linear_fit_free() in both cases. */
int linear_fit_make(linear_fit *m, const dataset *d, size_t L, const linear_options *options, pool *threads);
/* The same with the features that m->grams has; the rest of m is empty. */
int linear_fit_features(linear_fit *m, const dataset *d, size_t L, const linear_options *options,
                        pool *threads);
void linear_fit_free(linear_fit *m);

#endif
