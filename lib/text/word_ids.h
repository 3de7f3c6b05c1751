/* SPDX-License-Identifier: Apache-2.0 */
/* The words of several records as rows of a vocabulary, in one array. */
#ifndef ECAN_TEXT_WORD_IDS_H
#define ECAN_TEXT_WORD_IDS_H

#include "io/stream.h"
#include "text/vocab.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct word_ids {
    int32_t *ids; /* [n]; not NULL after a record was added, even if it has no words */
    size_t n, room;
} word_ids; /* zeroed at first; ids is freed with mem_free() */

/* Appends the rows of r's tokens, at most `most` of them (0: all). With grow, unknown words are added to
 * the vocabulary. Otherwise they are VOCAB_UNK and words is not changed. *left_out (may be NULL) is the
 * number of tokens beyond `most`. Returns 0, or -1 with record and reason; w is then unchanged. */
int word_ids_add(word_ids *w, const record *r, vocab *words, bool grow, size_t most, size_t *left_out);

#endif
