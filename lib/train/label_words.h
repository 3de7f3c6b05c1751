/* SPDX-License-Identifier: Apache-2.0 */
/* The words of the training texts that speak most for a label: what describes it where nobody has
 * (label_features.h). Of n texts n_w have word w, n_j label j, and n_jw both; w's part of the divergence of
 * the label's texts from all is
 *
 *     s_jw = n_jw / n_j  ln( (n_jw / n_j) / ((n_w + 1) / (n + 1)) )
 *
 * which is large for a word that most of the label's texts have and few others. A word counts when two of the
 * label's texts have it, and a third of them. */
#ifndef ECAN_TRAIN_LABEL_WORDS_H
#define ECAN_TRAIN_LABEL_WORDS_H

#include "train/dataset.h"

#include <stddef.h>
#include <stdint.h>

enum { LABEL_WORDS = 5 }; /* of a label, at most */

typedef struct label_words {
    size_t labels;
    int32_t (
        *words)[LABEL_WORDS]; /* [labels] rows of the vocabulary, the largest s first; VOCAB_PAD: no more */
} label_words;

/* Of L labels and so many words. 0, or -1 when memory is out; freed with label_words_free() in both cases. */
int label_words_find(label_words *f, const dataset *d, size_t L, size_t words);
void label_words_free(label_words *f);

#endif
