/* SPDX-License-Identifier: Apache-2.0 */
/* Character n-grams as features of a text: sequences of 3 or 4 characters of a word, with a blank before and
 * after the word (terms/linear_branch.h says which). They find what different words have in common, such as
 * "cardiaque" and "cardiologie", and the parts of Dutch compounds. */
#ifndef ECAN_LINEAR_CHAR_GRAMS_H
#define ECAN_LINEAR_CHAR_GRAMS_H

#include "base/map.h"
#include "train/dataset.h"

#include <stddef.h>
#include <stdint.h>

typedef struct char_grams {
    int32_t n;      /* number of features; 0: none are used */
    uint64_t *keys; /* [n] linear_branch_chars() of each, ascending; owned, like the others */
    int32_t *df;    /* [n] number of texts that have it */
    size_t *start;  /* [words + 1] word i has the features of[start[i] .. start[i + 1]) */
    int32_t *of;    /* a feature that is in a word twice is here twice */
} char_grams;

/* Finds the features of the texts of d. Word i has the id i + first_id; smaller ids are no words. A feature
 * must occur in at least min_df texts. If there are more than max_features, min_df is raised until there are
 * not. 0, or -1: out of memory. Free g with char_grams_free() in both cases. */
int char_grams_learn(char_grams *g, const map *words, int32_t first_id, const dataset *d, int min_df,
                     size_t max_features);
void char_grams_free(char_grams *g);

#endif
