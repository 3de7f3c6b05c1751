/* SPDX-License-Identifier: Apache-2.0 */
/* The linear branch of a model: linear.safetensors (formats/model.md). It adds to the logit of label j
 *
 *     y_j = sum_k r_k B[k][j] sum_f x_f s_f A[f][k]        k < rank
 *
 * x_f is the TF-IDF of feature f in the text, a word, a bigram or a character n-gram, as in linear/grams.h:
 *
 *     x_f = (1 + ln tf_f) idf_f, then words and bigrams, and n-grams, are each scaled to length 1 / sqrt 2
 *
 * With first_words = H, the first H words count more: the vector of words and bigrams is the sum of two, one
 * of the text and one of its first H words, each scaled to length 1, scaled to length 1 / sqrt 2.
 *
 * Words are in the form that terms have (term_words.h, the default form): without accents, case, words such
 * as "of" and endings of number and gender. A bigram does not cross the border of two notes. The character
 * n-grams of a word in this form are all sequences of 3 or 4 of its first LINEAR_LONGEST characters, with a
 * blank before and after them. A and B are in 8 bits with scales s_f and r_k. If rank equals the number of
 * labels there is no B, and y_k is the inner sum. A feature is known by a hash of its words or characters
 * (linear_branch_key, linear_branch_chars), so the file does not contain text.
 * ecan-terms makes the file (linear/low_rank.h). */
#ifndef ECAN_TERMS_LINEAR_BRANCH_H
#define ECAN_TERMS_LINEAR_BRANCH_H

#include "io/safetensors.h"
#include "io/stream.h"
#include "terms/term_words.h"

#include <stddef.h>
#include <stdint.h>

typedef struct linear_branch {
    size_t features, rank, labels; /* rank <= labels; 0 features: the model has no linear branch */
    size_t first_words;            /* H; 0: all words count the same */
    const uint64_t *keys;          /* [features], ascending */
    const float *idf;              /* [features] */
    const float *scale;            /* [features] s */
    const int8_t *A;               /* [features][rank] */
    const float *label_scale;      /* [rank] r; NULL, like B, if rank == labels */
    const int8_t *B;               /* [rank][labels] */
    safetensors file;              /* the mapping of the arrays, if linear_branch_open() made it */
} linear_branch;

/* Maps an open file; path is for messages. 0, or -1 with path and reason: a tensor that is missing or has
 * another shape, another tensor, keys that are not in ascending order, numbers that are not finite. Free b
 * with linear_branch_close(). After an error b is empty. */
int linear_branch_open(linear_branch *b, int fd, const char *path, size_t labels);
void linear_branch_close(linear_branch *b);
/* Writes the file. 0 or -1. */
int linear_branch_write(const linear_branch *b, const char *path);

/* The hash of the form of a word, and the keys of a word (second 0) and of a bigram with these hashes. */
uint64_t linear_branch_hash(const char *form, size_t n);
uint64_t linear_branch_key(uint64_t first, uint64_t second);
/* Fills keys[LINEAR_CHARS] with those of the character n-grams of a form. Returns their number. They are odd,
 * those of words and bigrams even. */
size_t linear_branch_chars(uint64_t *keys, const char *form, size_t n);
enum { LINEAR_LONGEST = 32, LINEAR_CHARS = 2 * LINEAR_LONGEST, LINEAR_COUNTED = 64 };
enum { LINEAR_FIRST_WORDS = UINT16_MAX }; /* the largest H */

/* 64 ranges of keys, which the leading bits of a key select. */
typedef struct key_ranges {
    uint64_t used;  /* a bit for each range with keys */
    uint32_t first; /* the first key in the ranges */
} key_ranges;

/* What is known about a feature; in one place, because it is seldom in the cache. */
typedef struct feature_state {
    float idf, scale;
    uint32_t times, first; /* how often it occurs in the text and in its first words; 0 between two texts */
} feature_state;

typedef struct key_place {
    uint64_t key;
    int64_t first; /* the first feature that can have it */
} key_place;

/* Working memory of one thread; zero-initialized. The arrays are owned. */
typedef struct linear_branch_work {
    key_ranges *index; /* [2^bits] about 8 ranges for each key: most other keys are in ranges without keys */
    int bits;
    feature_state *of;  /* [features] */
    int32_t *words;     /* [n_words] the different words of the text */
    uint64_t *hashes;   /* [n_hashes] of the words of the text, 0 between two notes; then room for keys */
    key_place *bigrams; /* those of the text that can be features */
    size_t n_words, words_room, n_hashes, hashes_room, bigrams_room;
    size_t first_hashes; /* the number of hashes of the first words */
    int32_t *chars;      /* [n_chars] features of the character n-grams of each word seen (seen_word.chars) */
    size_t n_chars, chars_room;
    int32_t *list; /* [n] features of the text: `listed` words and bigrams, then character n-grams */
    float *x;      /* [n] the TF-IDF of those, times their scale */
    size_t listed, n;
    float weight[LINEAR_COUNTED]; /* 1 + ln n */
    float *sum;                   /* [byte_rows_room(rank)] */
    float *y;                     /* [byte_rows_room(labels)] */
    int32_t *dimensions;          /* [rank] 0, 1, 2, ... */
} linear_branch_work;
void linear_branch_work_free(linear_branch_work *w);

/* y[labels] for the tokens of the record that was read into words: all of them, also those beyond the
 * max_words of the network. Borrowed until the next call. w is used with one branch and one table of words
 * only. NULL with record and reason. */
const float *linear_branch_logits(const linear_branch *b, linear_branch_work *w, seen_words *words);

#endif
