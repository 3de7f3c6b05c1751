/* Word vectors from a corpus: continuous bag of words with negative sampling, as word2vec.c and gensim do it
 * (cbow.h has the equations).
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

#include <stdbool.h>
#include <stdint.h>

typedef struct w2v_options {
    int32_t size;     /* numbers in a vector */
    int32_t window;   /* words on each side at most; each time uniform in 1 .. window */
    int32_t negative; /* words drawn for each word of the text, by count^(3/4) */
    int32_t epochs;
    int32_t batch;           /* words between two updates */
    double sample;           /* words over this share of the text are thinned out; 0: none */
    double alpha, min_alpha; /* rate at the start and at the end */
    bool divide;             /* the error by the number of context words: the true gradient */
    uint64_t seed;
} w2v_options;

/* gensim's defaults, which are those of CAML's vectors. */
#define W2V_DEFAULTS                                                                                         \
    ((w2v_options){.size = 100,                                                                              \
                   .window = 5,                                                                              \
                   .negative = 5,                                                                            \
                   .epochs = 5,                                                                              \
                   .batch = 64,                                                                              \
                   .sample = 1e-3,                                                                           \
                   .alpha = 0.025,                                                                           \
                   .min_alpha = 1e-4,                                                                        \
                   .seed = 1})

/* Called now and then by the calling thread: epoch from 1, tokens read so far in all epochs, the mean loss
 * of an example since the epoch began. */
typedef void w2v_report(void *context, int32_t epoch, int64_t tokens, double loss);

/* Trains on the words that corpus_select() chose and fills v: their vectors, by falling count. report may be
 * NULL. 0, or -1: no memory, a spool that cannot be read, vectors that are no longer finite (alpha too
 * large). */
int w2v_train(vectors *v, corpus *c, const w2v_options *o, pool *threads, w2v_report *report, void *context);

#endif
