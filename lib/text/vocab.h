/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a model and their rows in the embedding (formats/vocab.md): row 0 is <pad>, row 1 is <unk>,
 * and the words follow. A file has one word per line, in that order.
 *
 * A word is UTF-8, not empty, and has no line feed. */
#ifndef ECAN_TEXT_VOCAB_H
#define ECAN_TEXT_VOCAB_H

#include <stddef.h>
#include <stdint.h>

#define VOCAB_PAD 0
#define VOCAB_UNK 1

typedef struct vocab vocab;

/* A vocabulary with only <pad> and <unk>. NULL if memory is out. */
vocab *vocab_new(void);
void vocab_free(vocab *v); /* NULL is fine */

/* NULL with path, line and reason: the first two lines are wrong, a word is empty or a duplicate, or bytes
 * are not UTF-8. */
vocab *vocab_read(const char *path);
/* The same from its n bytes; path is for messages. */
vocab *vocab_parse(const char *text, size_t n, const char *path);
/* Checks the close. 0 or -1. */
int vocab_write(const vocab *v, const char *path);

/* Returns the row of a word and adds the word if it is new. Returns -1 with the message set if the word is
 * invalid or memory is out. The spellings <pad> and <unk> give row 1. */
int32_t vocab_add(vocab *v, const char *s, size_t n);

/* Returns the row of a word of a text: 1 if it is unknown or spelled <pad> or <unk>. */
int32_t vocab_id(const vocab *v, const char *s, size_t n);

/* The number of rows, including <pad> and <unk>. */
int32_t vocab_size(const vocab *v);

/* Row i, followed by a NUL after its *n bytes (n may be NULL). Borrowed until vocab_add or vocab_free. */
const char *vocab_word(const vocab *v, int32_t i, size_t *n);

#endif
