/* SPDX-License-Identifier: Apache-2.0 */
/* The words a model knows, and the row of the embedding that each has (formats/vocab.md):
 * row 0 is <pad>, row 1 <unk>, the words follow. In a file: a word a line, in that order.
 *
 * A word is UTF-8, not empty and without a line feed. */
#ifndef ECAN_TEXT_VOCAB_H
#define ECAN_TEXT_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#define VOCAB_PAD 0
#define VOCAB_UNK 1

typedef struct vocab vocab;

/* <pad> and <unk> alone. NULL when memory is out. */
vocab *vocab_new(void);
void vocab_free(vocab *v); /* NULL is fine */

/* NULL with path, line and reason: a first or second line that is another, a word that is empty or there
 * already, bytes that are not UTF-8. */
vocab *vocab_read(const char *path);
/* The close is checked. 0 or -1. */
int vocab_write(const vocab *v, const char *path);

/* The row of a word, which is added if it is new; -1 with the message set for what is no word, or when
 * memory is out. A word spelled <pad> or <unk> is no word of its own: 1. */
int32_t vocab_add(vocab *v, const char *s, size_t n);

/* The row of a word of a text; 1 for one that is not known, and for one spelled <pad> or <unk>. */
int32_t vocab_id(const vocab *v, const char *s, size_t n);

/* Rows, <pad> and <unk> among them. */
int32_t vocab_size(const vocab *v);

/* Row i, NUL-ended behind its *n bytes (n may be NULL). Borrowed until vocab_add or vocab_free. */
const char *vocab_word(const vocab *v, int32_t i, size_t *n);

#endif
