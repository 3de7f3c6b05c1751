/* SPDX-License-Identifier: Apache-2.0 */
/* What labels have in common, by their codes and descriptions: a sparse matrix A with a row a label and a
 * column a feature, by which labels learn together (label_sharing.h).
 *
 *     codes     a beginning of the code that another label has too: I10 and I11.9 have I and I1
 *     words     a word of the description that another label has too
 *     vectors   the mean of the word vectors of the description: a column a dimension
 *     texts     for words and vectors: the words that speak most for the label in the training texts
 * (label_words.h) are taken for a part of its description
 *
 * A label without a description is described by its code ("Geneeskunde", "Activating invasion--Metastasis").
 * Words weigh log(L / labels that have the word); a feature that all labels have is none. Each kind's part of
 * a row is scaled to length 1, or is empty where the label has nothing of that kind. */
#ifndef ECAN_TRAIN_LABEL_FEATURES_H
#define ECAN_TRAIN_LABEL_FEATURES_H

#include "text/labels.h"
#include "text/tokenize.h"
#include "text/vocab.h"
#include "train/label_words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number of A. */
typedef struct feature_weight {
    int32_t at; /* in a label's row the feature, in a feature's column the label */
    float weight;
} feature_weight;

typedef struct label_features {
    size_t labels, n;                   /* L rows, n columns */
    size_t *row, *column;               /* [L + 1], [n + 1]: where each begins */
    feature_weight *in_row, *in_column; /* [row[L]]: A by rows and by columns, each in order */
} label_features;

typedef struct label_features_kinds {
    bool codes, words, vectors, texts;
} label_features_kinds;

/* "codes,vectors", in any order; "" and "none": none. 0, or -1 naming what is no kind, or texts without words
 * and vectors. */
int label_features_parse(label_features_kinds *kinds, const char *names);

/* embed[words][E] has the word vectors; t makes words of descriptions, as of the texts; f has what was found
 * in texts (texts; NULL where they are none of the kinds). 0, or -1 when memory is out; freed with
 * label_features_free() in both cases. */
int label_features_make(label_features *x, const label_features_kinds *kinds, const labels *l,
                        const tokenizer *t, const label_words *f, const vocab *words, const float *embed,
                        size_t E);
void label_features_free(label_features *x);

#endif
