/* SPDX-License-Identifier: Apache-2.0 */
/* The words of records as rows of a vocabulary, one record's behind another's. */
#ifndef ECAN_TEXT_WORD_IDS_H
#define ECAN_TEXT_WORD_IDS_H

#include "io/stream.h"
#include "text/vocab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct word_ids {
    int32_t *ids; /* [n]; not NULL once a record was added, if it has no words either */
    size_t n, room;
} word_ids; /* zeroed at first; ids is freed with mem_free() */

/* Adds the rows of r's tokens, of the first `most` where that is not 0. With grow, words that are not known
 * are added to the vocabulary; without, they are VOCAB_UNK, and words is not changed. *left_out (may be NULL)
 * tells how many tokens there were beyond `most`. 0, or -1 with record and reason: then nothing was added to
 * w. */
int word_ids_add(word_ids *w, const record *r, vocab *words, bool grow, size_t most, size_t *left_out);

#endif
