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
 * examples. There is one exception: the examples of one word (skip-gram) use the changes of its previous
 * examples to the targets that they share, which are w and the nodes. This makes the vectors of the words of
 * a context more similar. The lengths of the vectors of word2vec.c depend on it. With q_ij = h_i . h_j the
 * example i has
 *
 *     h_i . out[k]  +=  alpha sum_(j<i) g_jk q_ij               for each shared target k
 *     e_i           +=  alpha sum_(j<i) (sum_k g_ik g_jk) h_j   over the shared targets
 *
 * Each slice of the dimensions (w2v_model.h) is computed separately. Only the products h . out[k] and q_ij
 * need all slices: w2v_products() computes the products within a slice, and w2v_learn() adds them in the
 * order of the slices. So the result is bit-identical for any number of threads. */
#ifndef ECAN_TRAIN_W2V_BLOCK_H
#define ECAN_TRAIN_W2V_BLOCK_H

#include "train/w2v_model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define W2V_EXAMPLES 16 /* maximum number of examples of a w2v_word */

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

/* A word of the text and its context, text[begin .. end) without text[at]. With skip-gram a long context is
 * divided into several of these, which do not use each other's changes. */
typedef struct w2v_word {
    int32_t begin, at, end;
    int32_t context; /* number of words of the context, 0: none; with skip-gram at most W2V_EXAMPLES */
    int32_t shared;  /* number of shared targets */
} w2v_word;

/* Row k of out as a positive or a negative target. */
#define W2V_POSITIVE(k) (k)
#define W2V_NEGATIVE(k) (~(k))

/* Some words of a block, which one task draws. */
typedef struct w2v_group {
    size_t n; /* number of words */
    w2v_word *words;
    int32_t *targets; /* for each word: the shared targets, then `negative` random words for each example. A
                         random word that is the word itself is not a target. */
} w2v_group;

typedef struct w2v_shape {
    bool skipgram;
    bool words;            /* the first shared target is the word; all others are nodes */
    size_t negative;       /* number of random words of an example */
    size_t max_shared;     /* maximum number of shared targets */
    size_t max_context;    /* maximum number of words of a context */
    size_t words_of_group; /* maximum number of words of the text of a group */
} w2v_shape;

/* The examples of a block. */
typedef struct w2v_block {
    w2v_shape shape;
    const int32_t *text; /* rows of in; borrowed */
    size_t n;            /* number of groups */
    w2v_group *groups;   /* [n] */
    w2v_word *words;     /* the arrays of the groups */
    int32_t *targets;
} w2v_block;

/* Reserves memory for n groups. n can be lowered afterwards. 0, or -1: out of memory. */
int w2v_block_init(w2v_block *b, size_t n, const w2v_shape *shape);
void w2v_block_free(w2v_block *b);
/* The number of examples of a word. */
static inline size_t w2v_examples(const w2v_shape *shape, const w2v_word *x)
{
    return shape->skipgram ? (size_t)x->context : x->context > 0;
}

/* What is computed for one slice of a block. Arrays have the order of groups, words and examples without
 * gaps. */
typedef struct w2v_work {
    float *f[2]; /* h . out[k] for all targets k, then q_ij for all j < i, in turns for even and odd blocks */
    float *g, *p; /* g_k, p_k */
    float *h, *e; /* [examples][ld] */
    double loss;  /* the slice's part of the loss, of all blocks so far */
} w2v_work;

/* For blocks of n groups. 0, or -1: out of memory. Free w with w2v_work_free() in both cases. */
int w2v_work_init(w2v_work *w, size_t n, const w2v_shape *shape, size_t ld);
void w2v_work_free(w2v_work *w);

/* Computes h and f[odd] for a slice. */
void w2v_products(w2v_work *w, const w2v_block *b, const w2v_slice *s, const w2v_rule *rule, bool odd);

/* Computes g and e for slice `slice` from h and the f[odd] of all slices, work[0 .. m->slices-1], and changes
 * its rows of in and out. Adds the losses of the groups that belong to the slice. known: the calling thread
 * has done this for slice 0 of the block, and g is the same. */
void w2v_learn(w2v_model *m, w2v_work *work, const w2v_block *b, const w2v_rule *rule, float alpha,
               size_t slice, bool odd, bool known);

#endif
