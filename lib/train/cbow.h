/* Continuous bag of words with negative sampling (Mikolov et al. 2013): the arithmetic of one block of
 * examples. Which examples, and how fast to learn, is w2v.h's.
 *
 * An example is a word w of the text with the words around it, C in number, and words drawn at random. With
 * two vectors a word, in[.] and out[.],
 *
 *     h     = 1/C sum_c in[c]                                  the mean of the context
 *     p_k   = sigmoid(h . out[k])           for w itself (k = 0) and each word drawn
 *     loss  = -log p_0 - sum_{k>0} log(1 - p_k)
 *     g_k   = [k = 0] - p_k                                    -dloss / d(h . out[k])
 *     e     = sum_k g_k out[k]                                 -dloss / dh
 *     out[k] += alpha g_k h            in[c] += alpha e / C    (word2vec and gensim: alpha e, undivided)
 *
 * All examples of a block see the vectors as they were before it, and their changes are added in the order of
 * the examples. So the work can be divided among threads, forward by examples and update by words, and the
 * result is the same, to the last bit, for any number of them. A block of one example is word2vec's own
 * order. */
#ifndef ECAN_TRAIN_CBOW_H
#define ECAN_TRAIN_CBOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CBOW_LANES 16 /* rows are padded with zeros to a multiple of so many floats */

typedef struct cbow {
    int32_t n, size; /* words; numbers in a vector */
    size_t ld;       /* floats from row to row: size and its padding */
    float *in, *out; /* [n][ld], owned, aligned */
} cbow;

/* in: uniform in [-1, 1) / size, as in gensim since 4.0 (word2vec.c's half of that learns more slowly from
 * little text), the same for a seed; out: zeros. 0 or -1. */
int cbow_init(cbow *m, int32_t n, int32_t size, uint64_t seed);
void cbow_free(cbow *m);

/* An example: the word at text[at], its context text[begin .. end) without text[at]. */
typedef struct cbow_example {
    int32_t begin, at, end; /* end - begin >= 2 */
} cbow_example;

/* Examples and what the forward pass keeps for the update. */
typedef struct cbow_block {
    const int32_t *text;    /* rows; borrowed */
    int32_t n, drawn;       /* examples; words drawn for each */
    cbow_example *examples; /* [n] */
    int32_t *words;         /* [n][1 + drawn]: text[at], then the words drawn; -1 where one was left out */
    float *g;               /* [n][1 + drawn], 0 where one was left out */
    float *h, *e;           /* [n][ld] */
} cbow_block;

/* Room for examples [n]; n can be set to less afterwards. 0 or -1. */
int cbow_block_init(cbow_block *b, int32_t n, int32_t drawn, size_t ld);
void cbow_block_free(cbow_block *b);

/* h, g and e of examples first .. last-1. The sum of their losses. */
double cbow_forward(cbow_block *b, const cbow *m, int32_t first, int32_t last);

/* Adds the block's changes to those rows of in and out that are part's, of parts that share them all. divide:
 * e by C. */
void cbow_update(cbow *m, const cbow_block *b, float alpha, bool divide, int part, int parts);

#endif
