/* SPDX-License-Identifier: Apache-2.0 */
/* Encounters to train on or to evaluate with: a tokens stream read into memory as word ids and gold labels.
 */
#ifndef ECAN_TRAIN_DATASET_H
#define ECAN_TRAIN_DATASET_H

#include "io/json.h"
#include "text/labels.h"
#include "text/vocab.h"
#include "text/word_ids.h"
#include "train/step.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dataset {
    example *docs;
    size_t n;
    uint64_t words;         /* in all of docs */
    uint64_t words_cut;     /* beyond max_words, left out */
    uint64_t words_unknown; /* of words */
    uint64_t gold;          /* labels assigned, unknown ones counted */
    uint64_t gold_unknown;  /* codes that the labels lack: no prediction can find them */
    uint64_t hash;          /* of ids and gold: whether two runs read the same */
    json_t *tokenizer;      /* the header's settings, owned; NULL where it has none */

    bool has_tokenizer; /* the rest is private */
    word_ids ids;       /* all documents' one behind another; codes likewise */
    int32_t *codes;
    size_t n_codes, codes_room;
    size_t *ids_at, *codes_at;
    size_t at_room, codes_at_room;
} dataset;

/* What reading may add to: words to the vocabulary, codes to the labels. */
enum { DATASET_WORDS = 1, DATASET_LABELS = 2 };

/* Reads a tokens stream. Codes that l lacks are added to it, or counted as unknown; words are added, or
 * VOCAB_UNK: grow has what is added to. max_words 0 keeps all. Refuses another kind, records without labels,
 * duplicate ids. 0 or -1. */
int dataset_read(dataset *d, const char *path, vocab *words, labels *l, unsigned grow, size_t max_words);
void dataset_free(dataset *d);

/* Gives every gold label the number to[label]: after the labels were put in another order. */
void dataset_renumber(dataset *d, const int32_t *to);

/* b[j] = log((n_j + 1/2) / (n - n_j + 1/2)), n_j the documents that have label j: what a model that reads
 * nothing would say of each of the L labels. */
void dataset_log_odds(const dataset *d, float *b, size_t L);

#endif
