/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the training texts that are most typical of a label. They extend or replace its description
 * (label_features.h). Of n texts n_w have word w, n_j have label j, and n_jw have both. The score of w is its
 * term in the divergence of the texts of the label from all texts:
 *
 *     s_jw = n_jw / n_j  ln( (n_jw / n_j) / ((n_w + 1) / (n + 1)) )
 *
 * It is large for a word that most texts of the label have, and few others. A word must occur in at least two
 * texts of the label, and in at least a third of them. */
#ifndef ECAN_TRAIN_LABEL_WORDS_H
#define ECAN_TRAIN_LABEL_WORDS_H

#include "train/dataset.h"

#include <stddef.h>
#include <stdint.h>

enum { LABEL_WORDS = 5 }; /* maximum number of words of a label */

typedef struct label_words {
    size_t labels;
    int32_t (*words)[LABEL_WORDS]; /* [labels] rows of the vocabulary in descending order of s; VOCAB_PAD ends
                                      a row; owned */
} label_words;

/* Finds the words of the L labels in the texts of d. words is the size of the vocabulary. 0, or -1: out of
 * memory. Free f with label_words_free() in both cases. */
int label_words_find(label_words *f, const dataset *d, size_t L, size_t words);
void label_words_free(label_words *f);

#endif
