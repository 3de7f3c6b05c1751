/* SPDX-License-Identifier: Apache-2.0 */
/* Features that labels have in common, from their codes and descriptions: a sparse matrix A with a row for
 * each label and a column for each feature. label_sharing.h uses it. The kinds of features are:
 *
 *     codes     a prefix of the code that another label also has: I10 and I11.9 have I and I1
 *     words     a word of the description that another label also has
 *     vectors   the mean of the word vectors of the description: a column for each dimension
 *     texts     extends the description, for words and vectors, by the most typical words of the training
 *               texts of the label (label_words.h)
 *
 * A label without a description is described by its code ("Geneeskunde", "Activating invasion--Metastasis").
 * The weight of a word is log(L / number of labels that have the word). A feature of all labels is not used.
 * The part of a row that belongs to one kind is scaled to length 1. It is empty if the label has no feature
 * of this kind. */
#ifndef ECAN_TRAIN_LABEL_FEATURES_H
#define ECAN_TRAIN_LABEL_FEATURES_H

#include "text/labels.h"
#include "text/tokenize.h"
#include "text/vocab.h"
#include "train/label_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An element of A. */
typedef struct feature_weight {
    int32_t at; /* feature, in the row of a label; label, in the column of a feature */
    float weight;
} feature_weight;

typedef struct label_features {
    size_t labels, n;                   /* number of rows L, of columns n */
    size_t *row, *column;               /* [L + 1], [n + 1] index of the first element; owned */
    feature_weight *in_row, *in_column; /* [row[L]] elements of A by rows and by columns, in order; owned */
} label_features;

typedef struct label_features_kinds {
    bool codes, words, vectors, texts;
} label_features_kinds;

/* Parses a list of kinds such as "codes,vectors", in any order. "" and "none" are no kinds. 0, or -1: an
 * unknown kind, or texts without words or vectors. */
int label_features_parse(label_features_kinds *kinds, const char *names);

/* Makes A. t tokenizes descriptions, as the texts were tokenized. f has the typical words of training texts;
 * NULL without texts. embed[vocab_size(words)][E] has the word vectors. 0, or -1: out of memory. Free x with
 * label_features_free() in both cases. */
int label_features_make(label_features *x, const label_features_kinds *kinds, const labels *l,
                        const tokenizer *t, const label_words *f, const vocab *words, const float *embed,
                        size_t E);
void label_features_free(label_features *x);

#endif
