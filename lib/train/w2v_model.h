/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of word2vec: a vector in[.] for each word and out[.] for each target.
 *
 * The dimensions are divided into slices. A slice has its own arrays. A thread that works on one slice of all
 * rows shares no cache line of the parameters with a thread that works on another. Threads that worked on
 * different examples would write the rows of the frequent words in turn, and moving a row between the caches
 * of two cores takes longer than computing with it. The division depends on the size only. */
#ifndef ECAN_TRAIN_W2V_MODEL_H
#define ECAN_TRAIN_W2V_MODEL_H

#include <stddef.h>
#include <stdint.h>

#define W2V_LANES  16 /* rows of a slice are padded with zeros to a multiple of this number of floats */
#define W2V_BLOCKS 4  /* maximum number of these multiples in a slice */

typedef struct w2v_slice {
    size_t begin, size; /* its dimensions: begin .. begin + size - 1 */
    size_t ld;          /* row stride in floats: size plus padding, at most W2V_BLOCKS * W2V_LANES */
    float *in, *out;    /* [n][ld], [n_out][ld]; owned, aligned */
} w2v_slice;

typedef struct w2v_model {
    size_t n, n_out; /* number of words, of targets */
    size_t size;     /* size of a vector */
    size_t slices;
    w2v_slice *slice; /* [slices]; owned */
} w2v_model;

/* in is uniform in [-range, range) / size and depends on the seed. out is 0. 0, or -1: out of memory. Free m
 * with w2v_model_free() in both cases. */
int w2v_model_init(w2v_model *m, size_t n, size_t n_out, size_t size, float range, uint64_t seed);
void w2v_model_free(w2v_model *m);
void w2v_model_free_out(w2v_model *m);

/* Copies the vector of a word: from x[size] to in, or from in to x. */
void w2v_model_set(w2v_model *m, size_t row, const float *x);
void w2v_model_get(float *x, const w2v_model *m, size_t row);

#endif
