/* SPDX-License-Identifier: Apache-2.0 */
/* Training of word vectors, as in word2vec.c and gensim: continuous bag of words (CBOW) or skip-gram, with
 * negative sampling, hierarchical softmax, or both. w2v_block.h has the equations. The paper trains its
 * vectors with CBOW (section 4.2).
 *
 * In each epoch frequent words are skipped at random, the size of windows is random, and the learning rate
 * falls linearly from word to word. Examples are processed in blocks of `batch` words. A block uses the
 * vectors as the previous block left them. Random numbers depend on positions in the text, not on threads. So
 * equal corpus, options and seed give bit-identical vectors for any number of threads. */
#ifndef ECAN_TRAIN_W2V_H
#define ECAN_TRAIN_W2V_H

#include "base/pool.h"
#include "io/vectors.h"
#include "train/corpus.h"
#include "train/w2v_block.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct w2v_options {
    w2v_rule rule;     /* sum or mean of the context, gradient, sigmoid */
    bool skipgram;     /* skip-gram, otherwise CBOW */
    int32_t size;      /* size of a vector */
    int32_t window;    /* maximum number of words on each side; the actual number is uniform in 1 .. window */
    bool whole_window; /* the number is always `window` */
    bool tree;         /* hierarchical softmax */
    int32_t negative;  /* negative samples for each word of the text; 0 only with tree */
    double exponent;   /* their probability is proportional to count^exponent */
    int32_t epochs;
    int32_t batch;           /* words of a block; 0: w2v_batch() */
    int32_t sentence;        /* maximum number of words of a sentence, which is then divided; 0: no maximum */
    double subsample;        /* words with a larger share of the text are subsampled; 0: none */
    double alpha, min_alpha; /* learning rate at the start and at the end */
    double range;            /* vectors start uniform in +-range / size */
    const vectors *init;     /* initial vectors of its words; borrowed; NULL: none */
    bool keep_init;          /* v also gets the other words of init, except those that no file supports */
    bool sentence_end;       /* add the first row of word2vec.c, "</s>", which is not trained */
    uint64_t seed;
} w2v_options;

/* The defaults of gensim, which the vectors of CAML have. */
#define W2V_DEFAULTS                                                                                         \
    ((w2v_options){.size = 100,                                                                              \
                   .window = 5,                                                                              \
                   .negative = 5,                                                                            \
                   .exponent = 0.75,                                                                         \
                   .epochs = 5,                                                                              \
                   .subsample = 1e-3,                                                                        \
                   .alpha = 0.025,                                                                           \
                   .min_alpha = 1e-4,                                                                        \
                   .range = 1,                                                                               \
                   .seed = 1})

/* Number of words of a block. With the default, vectors are as good as with updates after each word, and
 * there is enough work for several threads. */
int32_t w2v_batch(const w2v_options *o);

/* Progress, called by the calling thread: epoch from 1, tokens read in all epochs, and the mean loss of the
 * examples of the epoch so far. */
typedef void w2v_report(void *context, int32_t epoch, int64_t tokens, double loss);

/* Trains vectors of the words that corpus_select() selected, and fills v. v has "</s>" (with sentence_end),
 * the words in descending order of count, and the other words of init (with keep_init). report may be NULL.
 * 0, or -1: out of memory, an error of the temporary file, or init of another size. Also -1 if the vectors
 * are not finite, because alpha is too large. After an error v is empty. */
int w2v_train(vectors *v, corpus *c, const w2v_options *o, pool *threads, w2v_report *report, void *context);

#endif
