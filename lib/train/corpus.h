/* SPDX-License-Identifier: Apache-2.0 */
/* The text that word vectors are learnt from: read once, counted, and spooled as numbers to a
 * temporary file, from which it is read again in every epoch. Memory is that of the distinct
 * words and of the longest sentence. A sentence is one encounter: all its tokens, whichever notes they come
 * from.
 *
 *     corpus_init(&c); corpus_check(&record); corpus_add(&c, &record); ... corpus_select(&c, 3, 1);
 *     corpus_rewind(&c); while (corpus_read(&c) > 0) { c.sentence[0 .. c.length) } */
#ifndef ECAN_TRAIN_CORPUS_H
#define ECAN_TRAIN_CORPUS_H

#include "base/map.h"
#include "io/stream.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct corpus_word {
    int64_t count;     /* times that it came */
    int64_t sentences; /* in how many */
    int64_t last;      /* the last of them, from 1 */
    int32_t row;       /* of the vectors, by falling count; -1 where it is not selected */
} corpus_word;

typedef struct corpus {
    map *words;        /* every word, numbered as it came */
    corpus_word *info; /* [map_size(words)] */
    size_t room;       /* of info; zeros where there is no word yet */
    int64_t sentences, tokens;
    int64_t longest, before; /* tokens of the longest sentence; of those before the last one */

    /* by corpus_select() */
    int32_t n;         /* words selected */
    int32_t *selected; /* [n] their numbers in words, row after row */
    int64_t kept;      /* tokens that are one of them */

    /* by corpus_read() */
    int32_t *sentence; /* [length] rows; words that are not selected are left out */
    size_t length, sentence_room;
    int64_t length_read; /* tokens that it had in the text */

    FILE *spool; /* numbers of words, a sentence ended by -1 */
    int32_t *chunk;
    size_t chunk_at, chunk_end;
} corpus;

/* 0, or -1 when the temporary file cannot be made. Freed with corpus_free() in both cases. */
int corpus_init(corpus *c);
void corpus_free(corpus *c);

/* Whether a record can be added: it has tokens, each a word that files of word vectors can hold
 * (vectors_word). 0, or -1: the record is bad, the corpus as it was. */
int corpus_check(const record *r);

/* Adds a sentence: the tokens of a record that was checked, or words one by one and then their end. -1 when
 * memory or the disk is full: the corpus is of no more use. */
int corpus_add(corpus *c, const record *r);
int corpus_add_word(corpus *c, const char *word, size_t n);
int corpus_end_sentence(corpus *c);

/* Selects the words that came min_count times or more, in min_sentences sentences or more, and orders them by
 * falling count, of equal counts the one that came first. Called once, after the last sentence. 0, or -1
 * where there are none. */
int corpus_select(corpus *c, int64_t min_count, int64_t min_sentences);

/* The same with the words and counts of a file: "word count" a line, as ecan-w2v and word2vec.c save them.
 * Words of the text that it lacks are not selected; "</s>", word2vec.c's end of a sentence, is passed over
 * where the text has no such word. 0, or -1: path, line and reason. */
int corpus_select_from(corpus *c, const char *path, int64_t min_count);

/* From the first sentence again. 0 or -1. */
int corpus_rewind(corpus *c);
/* The next sentence: 1; 0 after the last; -1 when the temporary file cannot be read. */
int corpus_read(corpus *c);

#endif
