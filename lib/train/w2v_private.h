/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that the files of w2v.h share: w2v_init.c makes the trainer, w2v_page.c reads the text, w2v.c
 * trains, and w2v_result.c makes the vectors. Functions return 0, or -1 with the message set. */
#ifndef ECAN_TRAIN_W2V_PRIVATE_H
#define ECAN_TRAIN_W2V_PRIVATE_H

#include "base/rng.h"
#include "train/huffman.h"
#include "train/phases.h"
#include "train/sampler.h"
#include "train/w2v.h"

#include <stddef.h>
#include <stdint.h>

/* ---- a page: complete sentences after subsampling, which the threads process together ---- */

typedef struct w2v_bounds {
    int32_t begin, end;
} w2v_bounds;

typedef struct w2v_page {
    int32_t *text;        /* [n] rows */
    w2v_bounds *sentence; /* [n] sentence of each word */
    size_t n, text_capacity, sentence_capacity;
    int64_t read; /* tokens of the page before subsampling */
} w2v_page;

typedef struct w2v_loss_sum {
    double loss;
    int64_t examples;
} w2v_loss_sum;

/* The blocks of a page go through three stages: drawing the examples, the products, and learning. A phase has
 * a stage of each of three consecutive blocks. */
#define W2V_STAGES 3

typedef struct w2v_trainer {
    const w2v_options *o;
    corpus *c;
    w2v_model model;
    float *keep;       /* [n] probability that a word is kept in subsampling */
    sampler negatives; /* for negative sampling */
    huffman tree;      /* for hierarchical softmax; inner node i is row first_node + i of out */
    int32_t first_node;
    rng text;            /* of subsampling */
    w2v_page page, next; /* the current page, and the next one, which is read meanwhile */
    int read;            /* result of reading the next page: 1, 0 at the end, -1 */
    w2v_block block[W2V_STAGES];
    w2v_work *work; /* [model.slices] */

    size_t parts; /* number of threads that are used */
    phases phases;
    size_t batch, group, groups; /* words of a block, words of a group, groups of a block */
    int64_t *group_examples;     /* [groups] numbers of examples, of the page so far */

    int32_t epoch;
    int64_t done;           /* tokens of all epochs before the page */
    uint64_t groups_before; /* groups of the epoch before the page */
    w2v_loss_sum sum;       /* of the epoch so far */
} w2v_trainer;

/* c, o and threads are borrowed. After an error the trainer also needs w2v_trainer_free(). */
int w2v_trainer_init(w2v_trainer *t, corpus *c, const w2v_options *o, pool *threads);
void w2v_trainer_free(w2v_trainer *t);

/* Starts to read the pages of an epoch. 0 or -1. */
int w2v_page_start(w2v_trainer *t);
/* Reads the first `share` of the words of the next page, 0 .. 1. An error is returned by w2v_page_next(). */
void w2v_page_read(w2v_trainer *t, double share);
/* Reads the rest of the next page and makes it the current one. 1: read; 0: the epoch is over; -1: error. */
int w2v_page_next(w2v_trainer *t);

/* Makes the vectors of all words. Frees the vectors of the targets. After an error v needs vectors_free(). */
int w2v_result(vectors *v, w2v_trainer *t);

#endif
