/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors from a corpus, as word2vec.c and gensim make them: continuous bag of words or skip-gram, with
 * negative sampling, hierarchical softmax, or both (w2v_block.h has the equations).
 *
 * In each epoch frequent words are left out at random, windows shrink at random, and the rate falls linearly
 * from word to word. Examples are taken in blocks of `batch`; every block sees the vectors that the one
 * before left. Random numbers belong to places in the text, not to threads. So the same corpus, options and
 * seed give the same bytes for any number of threads. */
#ifndef ECAN_TRAIN_W2V_H
#define ECAN_TRAIN_W2V_H

#include "base/pool.h"
#include "io/vectors.h"
#include "train/corpus.h"
#include "train/w2v_block.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct w2v_options {
    w2v_rule rule;     /* sums or means, gradients, sigmoid */
    bool skipgram;     /* not continuous bag of words */
    int32_t size;      /* numbers in a vector */
    int32_t window;    /* words on each side at most; each time uniform in 1 .. window */
    bool whole_window; /* always so many */
    bool tree;         /* hierarchical softmax */
    int32_t negative;  /* words drawn for each word of the text; 0 only with tree */
    double exponent;   /* they are drawn by count to this power */
    int32_t epochs;
    int32_t batch;           /* words between two updates; 0: w2v_batch() */
    int32_t sentence;        /* words of a sentence at most, then another begins; 0: any number */
    double sample;           /* words over this share of the text are thinned out; 0: none */
    double alpha, min_alpha; /* rate at the start and at the end */
    double range;            /* vectors start within +-range / size */
    const vectors *init;     /* words that it has start there; borrowed; NULL: none */
    bool keep_init; /* v gets its other words too, as they are there, but for those that no file can hold */
    bool sentence_end; /* word2vec.c's first row, "</s>", which is not learnt: another random start */
    uint64_t seed;
} w2v_options;

/* gensim's defaults, which are those of CAML's vectors. */
#define W2V_DEFAULTS                                                                                         \
    ((w2v_options){.size = 100,                                                                              \
                   .window = 5,                                                                              \
                   .negative = 5,                                                                            \
                   .exponent = 0.75,                                                                         \
                   .epochs = 5,                                                                              \
                   .sample = 1e-3,                                                                           \
                   .alpha = 0.025,                                                                           \
                   .min_alpha = 1e-4,                                                                        \
                   .range = 1,                                                                               \
                   .seed = 1})

/* Words between two updates that learn as well as word2vec's own order, and leave threads enough to share. */
int32_t w2v_batch(const w2v_options *o);

/* Called now and then by the calling thread: epoch from 1, tokens read so far in all epochs, the mean loss
 * of an example since the epoch began. */
typedef void w2v_report(void *context, int32_t epoch, int64_t tokens, double loss);

/* Trains on the words that corpus_select() chose and fills v: "</s>" where it is asked for, the words'
 * vectors by falling count, then, with keep_init, the words of init that were not chosen. report may be NULL.
 * 0, or -1: no memory, a spool that cannot be read, init of another size, vectors that are no longer finite
 * (alpha too large). */
int w2v_train(vectors *v, corpus *c, const w2v_options *o, pool *threads, w2v_report *report, void *context);

#endif
