/* SPDX-License-Identifier: Apache-2.0 */
/* Words, pairs of adjacent words (bigrams) and character n-grams as features of a text, with TF-IDF weights
 * as scikit-learn's TfidfVectorizer computes them with sublinear_tf and smooth_idf:
 *
 *     x_f = (1 + ln tf_f) (1 + ln((1 + n) / (1 + df_f))), then scaled so that |x| = 1
 *
 * tf_f is the number of occurrences of f in the text. df_f is the number of the n texts that have f. A
 * feature must occur in at least min_df texts. If there are more than max_features, min_df is raised until
 * there are not. A pair has no unknown word (VOCAB_UNK). A text without features is the zero vector.
 *
 * With character n-grams (char_grams.h) a text has two vectors, one of words and pairs and one of n-grams,
 * each of length 1. They are joined, and scaled to length 1 in the same way: x = [x_words, x_chars] / sqrt 2.
 *
 * With first_words = H the first H words of a text count more. x_words is the sum of two such vectors of
 * length 1, one of all words and pairs of the text and one of those of its first H words, scaled to length 1
 * again. */
#ifndef ECAN_LINEAR_GRAMS_H
#define ECAN_LINEAR_GRAMS_H

#include "linear/char_grams.h"
#include "train/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gram { /* a word or a pair; private */
    uint64_t key;
    int32_t df, feature; /* number of texts that have it; number of the feature, -1: not a feature */
} gram;

typedef struct grams {
    gram *slots; /* hash table with open addressing; key 0 is a free slot; owned */
    size_t n_slots, n_grams;
    bool bigrams;
    size_t first_words; /* H; 0: all words count the same. It may be changed between two texts */
    char_grams chars;   /* feature f of them is feature n_words + f */
    int32_t n_words;    /* number of features that are words and pairs */
    int32_t n;          /* number of features */
    float *idf;         /* [n] owned */
} grams;

/* A sparse vector: the value of feature at[i] is x[i]. The features are distinct, in no particular order.
 * Zero-initialized before the first use, and used with one grams only. The arrays are owned. */
typedef struct sparse {
    int32_t *at;
    float *x;
    size_t n, at_capacity, x_capacity;
    uint64_t *keys;   /* scratch, like counts */
    uint32_t *counts; /* [chars.n] 0 between two texts */
    size_t keys_capacity;
} sparse;
void sparse_free(sparse *v);

/* Finds the features of the texts of d. At most max_features words and pairs, and half as many n-grams; 0:
 * no maximum. words: the words with the ids VOCAB_UNK + 1, VOCAB_UNK + 2, ..., for character n-grams; NULL:
 * without these. 0, or -1: out of memory, or more than 2^31 - 1 features. Free g with grams_free() in both
 * cases. */
int grams_learn(grams *g, const dataset *d, const map *words, int min_df, bool bigrams, size_t max_features);
void grams_free(grams *g);
/* Makes g the features without character n-grams. These are not freed: g is a copy that borrows all. */
void grams_drop_chars(grams *g);

/* The words of each feature: those of feature f are the ids keys[f] >> 32 and, for a pair, keys[f] &
 * 0xffffffff, otherwise 0. grams_keys() fills keys[g->n]. grams_restore() makes g of n keys and idf[n], which
 * is borrowed: set g->idf to NULL before grams_free(). It returns 0, or -1: out of memory, or a key is a
 * duplicate or 0. */
void grams_keys(uint64_t *keys, const grams *g);
int grams_restore(grams *g, const uint64_t *keys, const float *idf, int32_t n, bool bigrams);

/* Fills v with the vector of a text of T words. 0, or -1: out of memory. */
int grams_vector(sparse *v, const grams *g, const int32_t *ids, size_t T);

#endif
