/* SPDX-License-Identifier: Apache-2.0 */
/* Trains the linear branch of a model folder (terms/linear_branch.h) on training encounters. The features are
 * words and bigrams in the form of terms. Whether there are also character n-grams, and whether the first
 * words of a text count more, is chosen by leave-one-out micro-F1 of the training encounters.
 *
 * The weights W = X' alpha of the ridge regression are projected to at most BRANCH_RANK dimensions of the
 * labels (low_rank.h). The result is rounded to 8 bits for each feature, and the projection for each
 * dimension. */
#ifndef ECAN_LINEAR_BRANCH_H
#define ECAN_LINEAR_BRANCH_H

#include "linear/fit.h"

#include "terms/linear_branch.h"
#include "terms/term_corpus.h"

enum {
    BRANCH_TEXTS = 16384,    /* at most: the kernel matrix takes 4 n^2 bytes and n^3 operations */
    BRANCH_CHOICE = 2048,    /* texts for the choice of the features, at most: it trains four times */
    BRANCH_FIRST_WORDS = 64, /* that count more */
    BRANCH_PAIRS = 1 << 28,  /* of text and label, at most: 8 bytes each */
    BRANCH_FEATURES = 65536, /* words and bigrams, at most; half as many character n-grams */
    BRANCH_RANK = 1024       /* at most */
};

#define BRANCH_LAMBDA                                                                                        \
    0.2 /* of the ridge regression; on dev, 0.1 and 0.2 gave the same micro-F1 within .007 */

typedef struct branch_features {
    bool chars;         /* character n-grams, too */
    size_t first_words; /* that count more (grams.h) */
} branch_features;

typedef struct branch {
    linear_summary about;
    linear_branch model; /* its arrays are those below */
    platt platt;         /* the logit of label j is a y_j + c */
    uint64_t *keys;
    float *idf, *scale, *label_scale;
    int8_t *A, *B;
} branch;

/* Trains on encounters; the form of words that c was read with does not matter. Of more than `most`
 * encounters (BRANCH_TEXTS), or than BRANCH_PAIRS pairs of encounter and label, it uses as many as allowed,
 * at equal distances. features NULL: those with the best leave-one-out micro-F1. Returns 1; 0 if there are no
 * gold labels or no features, and b is empty; or -1 with the reason. Free b with branch_free(). */
int branch_train(branch *b, term_corpus *c, size_t most, const branch_features *features, pool *threads);
/* The features of a branch that was trained. */
branch_features branch_features_of(const linear_branch *b);
/* Multiplies the scores by a factor. */
void branch_scale(branch *b, double factor);
void branch_free(branch *b);

#endif
