/* SPDX-License-Identifier: Apache-2.0 */
/* A list of words with their positions in the texts that they come from. */
#ifndef ECAN_TEXT_TOKENS_H
#define ECAN_TEXT_TOKENS_H

#include "base/mem.h"

#include <stddef.h>
#include <stdint.h>

/* T words. A zeroed struct has none. */
typedef struct tokens {
    size_t T;
    buf bytes;              /* the words, concatenated */
    size_t *ends;           /* [T]: word i is bytes[ends[i-1] .. ends[i]) */
    int32_t (*spans)[3];    /* [T][3]: document; start and end in code points of the original text */
    size_t n_ends, n_spans; /* private: capacities and scratch memory */
    buf scratch[3];
} tokens;

void tokens_clear(tokens *w); /* removes all words, keeps the memory */
void tokens_free(tokens *w);
/* Word i, *n bytes of UTF-8. Borrowed until more words are added. */
const char *tokens_word(const tokens *w, size_t i, size_t *n);
/* Appends a word, which is copied, with its span. 0, or -1: out of memory. */
int tokens_add(tokens *w, const char *word, size_t n, const int32_t span[3]);

#endif
