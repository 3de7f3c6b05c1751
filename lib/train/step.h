/* SPDX-License-Identifier: Apache-2.0 */
/* Forward and backward over one batch of documents: the loss and the gradient of every parameter.
 *
 * Documents stand one behind another, each with its own length: nothing is padded. Work is divided into as
 * many fixed parts as there are threads, and parts are added up in order, so the same seed and threads give
 * the same bytes.
 *
 * With few labels a part is a share of the documents, from the word vectors to the labels and back. With many
 * (a copy of the gradients of U and W for every thread would not fit the cache) documents go in groups of one
 * a thread: encoded side by side, attended one after another with the labels shared out, and back side by
 * side. */
#ifndef ECAN_TRAIN_STEP_H
#define ECAN_TRAIN_STEP_H

#include "base/pool.h"
#include "model/params.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct example {
    const int32_t *ids; /* [T] rows of the embedding */
    size_t T;
    const int32_t *gold; /* [n_gold] labels, each once */
    size_t n_gold;
} example;

typedef struct step step;

typedef enum step_division {
    STEP_AUTO, /* by the number of labels */
    STEP_DOCUMENTS,
    STEP_LABELS
} step_division;

/* NULL with the message set. p and threads must outlive it. */
step *step_new(const params *p, pool *threads, step_division division);
void step_free(step *s);

typedef struct step_options {
    float gamma; /* 0: binary cross entropy */
    float dropout, word_dropout,
        hidden_dropout;    /* of numbers of word vectors, words, numbers of H: model/dropout.h */
    uint64_t seed, number; /* what is dropped depends on (seed, number, document of the batch) */
    bool frozen;           /* no gradient of the word vectors is wanted */
} step_options;

/* The loss (mean over batch and labels) in *loss; the gradients are in step_grad() until the next call. 0 or
 * -1. */
int step_run(step *s, const example *const *batch, size_t B, const step_options *o, double *loss);

const params *step_grad(const step *s);
/* [words]: which rows of the embedding have a gradient: those that the batch had, none when frozen. */
const unsigned char *step_in_batch(const step *s);

#endif
