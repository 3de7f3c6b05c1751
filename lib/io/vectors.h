/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors in the file formats of other programs (formats/vectors.md): word2vec binary and text,
 * fastText's .vec, and the text without a header of GloVe and CAML.
 *
 * The format is detected from the contents, not from the name. Sizes in a header are checked against the
 * size of the file. */
#ifndef ECAN_IO_VECTORS_H
#define ECAN_IO_VECTORS_H

#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define VECTORS_MAX_SIZE 65536 /* largest accepted number of numbers in a vector */

typedef struct vectors {
    map *words;         /* row i is the vector of map_key(words, i); owned */
    int32_t n;          /* rows */
    int32_t size;       /* numbers in a row */
    float *data;        /* [n][size], owned, aligned to MEM_ALIGN */
    int32_t not_utf8;   /* rows that were left out because their word is not UTF-8 */
    int32_t duplicates; /* rows of the file that were left out because their word already had a row */
} vectors;

/* Fills v from the file at path ("-": standard input). Free it with vectors_free(). Of duplicate words the
 * first row is kept, as in gensim. Words that are not UTF-8 are left out, because word2vec.c cuts words in
 * the middle of a character; if they are more than half of the words, it is an error. Also errors are: more
 * or fewer rows than in the header, a row with too few or too many numbers, NaN, infinity, an empty word, and
 * a file without vectors. 0, or -1 with path, row (from 1) and byte offset in the message; then v is empty.
 */
int vectors_read(vectors *v, const char *path);

/* The numbers of row i. */
static inline float *vectors_row(const vectors *v, size_t i)
{
    return v->data + i * v->size;
}

typedef enum vectors_format {
    VECTORS_BINARY, /* "n size\n", then a row: word, one space, size little-endian float32, "\n"  (word2vec.c)
                     */
    VECTORS_TEXT,   /* "n size\n", then a row: word, and each number after one space, "\n"; a number is the
                       shortest decimal that reads back as the same float                         (gensim) */
    VECTORS_BARE /* only the rows of VECTORS_TEXT                                               (GloVe, CAML)
                  */
} vectors_format;

/* Writes to f, whose name is for the message. It is an error if f is a terminal and the format is binary, or
 * if a word does not fit the formats (it is empty, or has a space or control character); then nothing is
 * written. 0 or -1. */
int vectors_write(const vectors *v, FILE *f, const char *name, vectors_format format);

/* Whether a word fits the formats: it is not empty and has no ASCII spaces or control characters. */
bool vectors_word(const char *word, size_t n);

void vectors_free(vectors *v); /* also empties it; a zeroed struct is allowed */

#endif
