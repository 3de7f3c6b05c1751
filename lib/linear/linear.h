/* SPDX-License-Identifier: Apache-2.0 */
/* The linear model: TF-IDF of words and pairs of words (grams.h), ridge regression (ridge.h), probabilities
 * (platt.h).
 *
 *     linear *m = linear_train("train.mp", &options, threads);
 *     linear_check(m, header);  linear_score(m, &work, record, scores) */
#ifndef ECAN_LINEAR_LINEAR_H
#define ECAN_LINEAR_LINEAR_H

#include "base/pool.h"
#include "io/stream.h"
#include "text/labels.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct linear_options {
    const double *lambdas; /* [n_lambdas] of the ridge: the one is taken that does best on texts left out */
    int n_lambdas;
    int min_df;       /* texts that a word or pair must be in */
    bool bigrams;     /* pairs of words too */
    size_t max_words; /* of a text; 0: all */
} linear_options;

/* What came out. */
typedef struct linear_summary {
    size_t texts;
    int32_t features;
    double lambda;
    double micro_f1;  /* of the training texts, each left out, at the threshold */
    double threshold; /* the best there is for that, as a probability */
} linear_summary;

typedef struct linear linear;

/* Learns from a tokens stream. NULL with the message set: what dataset_read() refuses, no texts, no labels,
 * out of memory, a lambda so small that floats do not solve it. */
linear *linear_train(const char *path, const linear_options *options, pool *threads);
void linear_free(linear *m); /* NULL is fine */

const linear_summary *linear_about(const linear *m);
const labels *linear_labels(const linear *m);    /* borrowed, in order of the scores */
const char *linear_fingerprint(const linear *m); /* 32 hexadecimal digits: of all that the scores depend on */

/* Whether a stream's words were made as the training set's. 0 or -1. */
int linear_check(const linear *m, const record *header);

/* What a thread needs. */
typedef struct linear_work linear_work;
linear_work *linear_work_new(const linear *m); /* NULL when memory is out */
void linear_work_free(linear_work *w);         /* NULL is fine */

/* scores[L]: the probability of each label. 0, or -1 with record and reason. */
int linear_score(float *scores, const linear *m, linear_work *w, const record *r);

#endif
