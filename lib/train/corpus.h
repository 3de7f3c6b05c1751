/* SPDX-License-Identifier: Apache-2.0 */
/* The text that word vectors are trained on. It is read once, counted, and written to a temporary file as
 * numbers. Every epoch reads this file. Memory grows with the number of distinct words and the length of the
 * longest sentence. A sentence is one encounter: all its tokens, from all notes.
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
    int64_t count;     /* number of occurrences */
    int64_t sentences; /* number of sentences that have it */
    int64_t last;      /* number of the last of them, from 1 */
    int32_t row;       /* row of its vector, in descending order of count; -1: not selected */
} corpus_word;

typedef struct corpus {
    map *words;        /* every word, numbered in order of occurrence; owned */
    corpus_word *info; /* [map_size(words)] */
    size_t capacity;   /* capacity of info; unused elements are zero */
    int64_t sentences, tokens;
    int64_t longest, before; /* tokens of the longest sentence; tokens before the current sentence */

    /* set by corpus_select() */
    int32_t n;         /* number of selected words */
    int32_t *selected; /* [n] numbers of the selected words, in order of rows */
    int64_t kept;      /* number of tokens that are selected words */

    /* set by corpus_read() */
    int32_t *sentence; /* [length] rows of the selected words */
    size_t length, sentence_capacity;
    int64_t length_read; /* tokens of the sentence, including words that are not selected */

    FILE *spool;    /* numbers of words; -1 ends a sentence */
    int32_t *chunk; /* numbers that are not written yet, then those that were read */
    size_t chunk_at, chunk_end;
} corpus;

/* 0, or -1: out of memory, or no temporary file. Free c with corpus_free() in both cases. */
int corpus_init(corpus *c);
void corpus_free(corpus *c);

/* Checks that a record can be added: its tokens must be words that files of word vectors support
 * (vectors_word()). 0, or -1 with record and token in the message. Does not change the corpus. */
int corpus_check(const record *r);

/* Adds a sentence: the tokens of a checked record, or single words and then their end. 0, or -1: out of
 * memory or disk space; then the corpus is not valid. */
int corpus_add(corpus *c, const record *r);
int corpus_add_word(corpus *c, const char *word, size_t n);
int corpus_end_sentence(corpus *c);

/* Selects the words that occur at least min_count times, in at least min_sentences sentences. Rows are in
 * descending order of count; words of equal count are in order of occurrence. Called once, after the last
 * sentence. 0, or -1: no such word, or out of memory. */
int corpus_select(corpus *c, int64_t min_count, int64_t min_sentences);

/* The same with the words and counts of a file. A line is "word count", as ecan-w2v and word2vec.c write it.
 * Words that the file does not have are not selected. "</s>", the end of a sentence of word2vec.c, is ignored
 * unless the text has this word. 0, or -1 with path, line and reason in the message. */
int corpus_select_from(corpus *c, const char *path, int64_t min_count);

/* Starts again at the first sentence. 0 or -1. */
int corpus_rewind(corpus *c);
/* Reads the next sentence. 1: read; 0: no more sentences; -1: error of the temporary file. */
int corpus_read(corpus *c);

#endif
