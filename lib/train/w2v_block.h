/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of word2vec (Mikolov et al. 2013) for one block of examples: continuous bag of words and
 * skip-gram, against words drawn at random, against the inner nodes of a Huffman tree, or both. Which
 * examples, and how fast to learn, is w2v.h's.
 *
 * An example is a context of C words and K targets. Of a word w of the text, the targets are w itself (right)
 * and words drawn (wrong); or the nodes on w's way through the tree, each right or wrong by its bit of w's
 * code. With CBOW, the context is all words around w; with skip-gram, each of them is an example of its own,
 * C = 1. A word has a vector in[.], a target a vector out[.].
 *
 *     h     = 1/C sum_c in[c]                                   or the sum itself
 *     p_k   = sigmoid(h . out[k])
 *     loss  = -sum_k log(k is right: p_k; wrong: 1 - p_k)
 *     g_k   = [k is right] - p_k                                -dloss / d(h . out[k])
 *     e     = sum_k g_k out[k]                                  -dloss / dh
 *     out[k] += alpha g_k h
 *     in[c]  += alpha e / C                                     or alpha e, undivided
 *
 * All examples of a block see the vectors as they were before it, and their changes are added in the order of
 * the examples. So the work can be divided among threads, forward by examples and update by rows, and the
 * result is the same, to the last bit, for any number of them. But the examples of one word (skip-gram) see
 * what those before them made of the targets that they share: w itself and the nodes. This draws the words of
 * a context together, which word2vec.c's vectors owe a part of their length to. */
#ifndef ECAN_TRAIN_W2V_BLOCK_H
#define ECAN_TRAIN_W2V_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define W2V_LANES 16 /* rows are padded with zeros to a multiple of so many floats */

typedef struct w2v_model {
    size_t n, n_out; /* words; targets */
    size_t size;     /* numbers in a vector */
    size_t ld;       /* floats from row to row: size and its padding */
    float *in, *out; /* [n][ld], [n_out][ld]; owned, aligned */
} w2v_model;

/* in: uniform in [-range, range) / size, the same for a seed; out: zeros. 0 or -1. */
int w2v_model_init(w2v_model *m, size_t n, size_t n_out, size_t size, float range, uint64_t seed);
void w2v_model_free(w2v_model *m);

/* What is done with p where |h . out| is 6 or more, which is where the others' tables of the sigmoid end. */
typedef enum w2v_sigmoid {
    W2V_EXACT,    /* as the equations say */
    W2V_SATURATE, /* word2vec.c: p is 0 or 1 for words drawn; for nodes of the tree g is 0 */
    W2V_SKIP      /* gensim: g is 0 */
} w2v_sigmoid;

typedef struct w2v_rule {
    bool sum;    /* h is the sum, not the mean */
    bool divide; /* in[c] gets e / C */
    w2v_sigmoid sigmoid;
} w2v_rule;

/* The context is text[begin .. end) without text[at], where that is within. */
typedef struct w2v_example {
    int32_t begin, at, end, context; /* context: words of it, > 0 */
    int32_t drawn,
        targets;        /* the first `drawn` targets are words, w before all; the others nodes of the tree */
    int32_t number, of; /* which of how many examples of w, one behind another: 0 of 1 */
} w2v_example;

typedef struct w2v_target {
    int32_t row; /* of out */
    bool right;
} w2v_target;

/* Examples, and what the forward pass keeps for the update. */
typedef struct w2v_block {
    const int32_t *text;   /* rows of in; borrowed */
    size_t n, most;        /* examples; targets of one at most */
    w2v_example *examples; /* [n]; one without targets is none */
    w2v_target *targets;   /* [n][most] */
    float *g;              /* [n][most] */
    float *h, *e;          /* [n][ld] */
} w2v_block;

/* Room for n examples; n can be set to less afterwards. 0 or -1. */
int w2v_block_init(w2v_block *b, size_t n, size_t most, size_t ld);
void w2v_block_free(w2v_block *b);

/* h, g and e of examples first .. last-1, all those of a word among them. moved: scratch, a row for each
 * target that examples of a word share. The sum of their losses. */
double w2v_forward(w2v_block *b, const w2v_model *m, const w2v_rule *rule, float alpha, float *moved,
                   size_t first, size_t last);

/* Adds the block's changes to those rows of in and out that are part's, of parts that share them all. */
void w2v_update(w2v_model *m, const w2v_block *b, const w2v_rule *rule, float alpha, size_t part,
                size_t parts);

#endif
