/* SPDX-License-Identifier: Apache-2.0 */
/* Words, and pairs of neighbouring words, as features of a text: TF-IDF, as scikit-learn's TfidfVectorizer
 * has it with sublinear_tf and smooth_idf:
 *
 *     x_f = (1 + ln tf_f) (1 + ln((1 + n) / (1 + df_f))), then scaled so that |x| = 1
 *
 * tf_f: how often the text has f; df_f: how many of the n texts have it. Only what min_df of them have is a
 * feature. A pair stands across no word that is not known (VOCAB_UNK), and a text without a feature is the
 * zero vector. */
#ifndef ECAN_LINEAR_GRAMS_H
#define ECAN_LINEAR_GRAMS_H

#include "train/dataset.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gram { /* a word, or a pair: private */
    uint64_t key;
    int32_t df, feature; /* feature: -1 where it is none */
} gram;

typedef struct grams {
    gram *slots; /* open addressing; key 0 is free */
    size_t n_slots, n_grams;
    bool bigrams;
    int32_t n;  /* features */
    float *idf; /* [n] */
} grams;

/* A sparse vector; each feature comes once, in no order that means anything. Zeroed at first. */
typedef struct sparse {
    int32_t *at;
    float *x;
    size_t n, room_at, room_x;
    uint64_t *keys; /* scratch */
    size_t room_keys;
} sparse;
void sparse_free(sparse *v);

/* Learns the features from all texts of d. 0, or -1: out of memory, or more than 2^31 of them; freed with
 * grams_free() in both cases. */
int grams_learn(grams *g, const dataset *d, int min_df, bool bigrams);
void grams_free(grams *g);

/* v becomes the vector of a text of T words. 0, or -1 when memory is out. */
int grams_vector(sparse *v, const grams *g, const int32_t *ids, size_t T);

#endif
