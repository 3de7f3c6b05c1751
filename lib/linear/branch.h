/* SPDX-License-Identifier: Apache-2.0 */
/* Trains the linear branch of a model folder (terms/linear_branch.h) on training encounters. The features are
 * words, bigrams and character n-grams of words in the form of terms.
 *
 * The weights W = X' alpha of the ridge regression are projected to at most BRANCH_RANK dimensions of the
 * labels (low_rank.h), and the result is rounded to 8 bits for each feature. */
#ifndef ECAN_LINEAR_BRANCH_H
#define ECAN_LINEAR_BRANCH_H

#include "linear/fit.h"

#include "terms/linear_branch.h"
#include "terms/term_corpus.h"

enum {
    BRANCH_TEXTS = 16384,    /* at most: the kernel matrix takes 4 n^2 bytes and n^3 operations */
    BRANCH_PAIRS = 1 << 28,  /* of text and label, at most: 8 bytes each */
    BRANCH_FEATURES = 65536, /* words and bigrams, at most; half as many character n-grams */
    BRANCH_RANK = 1024       /* at most */
};

#define BRANCH_LAMBDA                                                                                        \
    0.2 /* of the ridge regression; on dev, 0.1 and 0.2 gave the same micro-F1 within .007 */

typedef struct branch {
    linear_summary about;
    linear_branch model; /* its arrays are those below */
    platt platt;         /* the logit of label j is a y_j + c */
    uint64_t *keys;
    float *idf, *scale, *B;
    int8_t *A;
} branch;

/* Trains on encounters; the form of words that c was read with does not matter. Of more than `most`
 * encounters (BRANCH_TEXTS), or than BRANCH_PAIRS pairs of encounter and label, it uses as many as allowed,
 * at equal distances. Returns 1; 0 if there are no gold labels or no features, and b is empty; or -1 with the
 * reason. Free b with branch_free(). */
int branch_train(branch *b, term_corpus *c, size_t most, pool *threads);
/* Multiplies the scores by a factor. */
void branch_scale(branch *b, double factor);
void branch_free(branch *b);

#endif
