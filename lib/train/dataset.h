/* SPDX-License-Identifier: Apache-2.0 */
/* A dataset: a tokens stream of encounters with gold labels, read into memory as word ids and label numbers.
 * It serves for training or for evaluation. */
#ifndef ECAN_TRAIN_DATASET_H
#define ECAN_TRAIN_DATASET_H

#include "base/map.h"
#include "io/json.h"
#include "terms/term_spans.h"
#include "text/labels.h"
#include "text/unread.h"
#include "text/vocab.h"
#include "text/word_ids.h"
#include "train/span_marks.h"
#include "train/step.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dataset {
    example *docs;
    size_t n;
    uint64_t words;         /* words of all documents */
    uint64_t words_unknown; /* words that the vocabulary does not have */
    uint64_t gold;          /* gold labels, including unknown codes */
    uint64_t gold_unknown;  /* gold codes that are not labels of the model; they count as missed */
    unread unread;          /* what docs do not have: words beyond max_words, notes of other types */
    map *unknown;           /* the codes of gold_unknown */
    map *encounters;        /* the ids of the encounters: the id of docs[i] is key i */
    uint64_t (*texts)[2];   /* [n] hashes of their words, all of them; those of equal texts are equal */
    span_marks marks;       /* words that coders marked, which docs have */
    uint64_t hash;          /* of ids, gold and marks; equal for equal data */
    json_t *tokenizer;      /* settings in the header, or NULL; owned */

    bool has_tokenizer; /* the rest is private */
    word_ids ids;       /* of all documents, concatenated, as are codes */
    int32_t *codes;
    size_t n_codes, codes_capacity;
    size_t *ids_at, *codes_at, *marks_at;
    size_t at_capacity, marks_at_capacity, codes_at_capacity, texts_capacity;
} dataset;

/* What dataset_read() may extend: the vocabulary, the labels. */
enum { DATASET_WORDS = 1, DATASET_LABELS = 2 };

/* Reads a tokens stream. grow says whether unknown words are added to words, and unknown codes to l.
 * Otherwise an unknown word becomes VOCAB_UNK, and an unknown code is counted. max_words is the maximum
 * number of words of a document; 0: no maximum. spans are those that coders marked; NULL: none. 0, or -1 with
 * path and record in the message: a stream of another kind, a record without labels, a duplicate id. After an
 * error d is empty. */
int dataset_read(dataset *d, const char *path, vocab *words, labels *l, unsigned grow, size_t max_words,
                 const term_spans *spans);
void dataset_free(dataset *d);

/* Replaces every gold label j by to[j]. Used after the labels were sorted. */
void dataset_renumber(dataset *d, const int32_t *to);

/* counts[j] = number of documents that have label j, for the L labels. */
void dataset_counts(const dataset *d, float *counts, size_t L);

/* b[j] = log((n_j + 1/2) / (n - n_j + 1/2)) for the L labels, where n_j documents of n have label j. These
 * are the log odds of the labels without any text. */
void dataset_log_odds(const dataset *d, float *b, size_t L);

#endif
