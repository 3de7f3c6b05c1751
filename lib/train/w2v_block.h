/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of word2vec (Mikolov et al., 2013) for a block of examples: CBOW and skip-gram, with
 * negative sampling, hierarchical softmax (the inner nodes of a Huffman tree), or both. w2v.h chooses the
 * examples and the learning rate.
 *
 * An example has a context of C words and K targets. For a word w of the text, the targets of negative
 * sampling are w itself (positive) and random words (negative). The targets of hierarchical softmax are the
 * nodes on the path of w through the tree; a node is positive or negative by its bit of the code of w. With
 * CBOW the context is all words around w. With skip-gram each of them is an example of its own, C = 1. A word
 * has a vector in[.], a target a vector out[.].
 *
 *     h     = 1/C sum_c in[c]                                   or the sum
 *     p_k   = sigmoid(h . out[k])
 *     loss  = -sum_k log(p_k if k is positive, 1 - p_k if k is negative)
 *     g_k   = [k is positive] - p_k                             -dloss / d(h . out[k])
 *     e     = sum_k g_k out[k]                                  -dloss / dh
 *     out[k] += alpha g_k h
 *     in[c]  += alpha e / C                                     or alpha e
 *
 * All examples of a block use the vectors from before the block. Their changes are added in the order of the
 * examples. So the forward pass is divided among threads by examples, the update by rows, and the result is
 * bit-identical for any number of threads. There is one exception: the examples of one word (skip-gram) use
 * the changes of its previous examples to the targets that they share, which are w and the nodes. This makes
 * the vectors of the words of a context more similar. The lengths of the vectors of word2vec.c depend on it.
 */
#ifndef ECAN_TRAIN_W2V_BLOCK_H
#define ECAN_TRAIN_W2V_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define W2V_LANES 16 /* rows are padded with zeros to a multiple of this number of floats */

typedef struct w2v_model {
    size_t n, n_out; /* number of words, of targets */
    size_t size;     /* size of a vector */
    size_t ld;       /* row stride in floats: size plus padding */
    float *in, *out; /* [n][ld], [n_out][ld]; owned, aligned */
} w2v_model;

/* in is uniform in [-range, range) / size and depends on the seed. out is 0. 0, or -1: out of memory. */
int w2v_model_init(w2v_model *m, size_t n, size_t n_out, size_t size, float range, uint64_t seed);
void w2v_model_free(w2v_model *m);

/* The treatment of |h . out| >= 6, where the tables of the sigmoid of other implementations end. */
typedef enum w2v_sigmoid {
    W2V_EXACT,    /* as in the equations */
    W2V_SATURATE, /* word2vec.c: p is 0 or 1 for words; g is 0 for nodes of the tree */
    W2V_SKIP      /* gensim: g is 0 */
} w2v_sigmoid;

typedef struct w2v_rule {
    bool sum;    /* h is the sum, not the mean */
    bool divide; /* in[c] gets e / C */
    w2v_sigmoid sigmoid;
} w2v_rule;

/* The context is text[begin .. end) without text[at]. */
typedef struct w2v_example {
    int32_t begin, at, end, context; /* context: its number of words, > 0 */
    int32_t words, targets; /* targets: their number; the first `words` are words, w first, then come nodes */
    int32_t number, of;     /* index of this example among the consecutive examples of w, their number */
} w2v_example;

typedef struct w2v_target {
    int32_t row; /* row of out */
    bool positive;
} w2v_target;

/* Examples, and what the forward pass keeps for the update. */
typedef struct w2v_block {
    const int32_t *text;   /* rows of in; borrowed */
    size_t n, max_targets; /* number of examples; maximum number of targets of an example */
    w2v_example *examples; /* [n]; an example without targets is skipped */
    w2v_target *targets;   /* [n][max_targets] */
    float *g;              /* [n][max_targets] */
    float *h, *e;          /* [n][ld] */
} w2v_block;

/* Reserves memory for n examples. n can be lowered afterwards. 0, or -1: out of memory. */
int w2v_block_init(w2v_block *b, size_t n, size_t max_targets, size_t ld);
void w2v_block_free(w2v_block *b);

/* Forward: fills h, g and e of the examples first .. last-1, which include all examples of a word or none.
 * moved is scratch memory: a row of ld floats for each target that examples of a word share. Returns the sum
 * of the losses. */
double w2v_forward(w2v_block *b, const w2v_model *m, const w2v_rule *rule, float alpha, float *moved,
                   size_t first, size_t last);

/* Adds the changes of the block to the rows of in and out that belong to `part` of `parts`. */
void w2v_update(w2v_model *m, const w2v_block *b, const w2v_rule *rule, float alpha, size_t part,
                size_t parts);

#endif
