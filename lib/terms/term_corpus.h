/* SPDX-License-Identifier: Apache-2.0 */
/* The training encounters that terms are mined from: words and labels of a tokens stream, in memory. */
#ifndef ECAN_TERMS_TERM_CORPUS_H
#define ECAN_TERMS_TERM_CORPUS_H

#include "io/json.h"
#include "terms/term_words.h"
#include "text/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct term_corpus {
    size_t n;        /* encounters */
    int32_t *text;   /* [text_at[n]] numbers of the words as they came, in words.seen; -1 between two notes */
    size_t *text_at; /* [n + 1] */
    int32_t *gold;   /* [gold_at[n]] labels, each once an encounter */
    size_t *gold_at; /* [n + 1] */
    int32_t n_labels;
    uint64_t unknown; /* codes that the labels lack */
    size_t longest;   /* words of the longest encounter */
    term_words words;
    json_t *tokenizer; /* settings of the stream, owned; NULL where it has none */
    map *forms;        /* private, as the rest */
    bool has_header;
    size_t text_room, text_at_room, gold_room, gold_at_room;
} term_corpus;

/* Reads a tokens stream. Codes that l lacks are added (grow) or counted. 0 or -1. */
int term_corpus_read(term_corpus *c, const char *path, labels *l, bool grow, term_form form);
void term_corpus_free(term_corpus *c);

/* The words of encounter i that are not dropped, their forms into forms[] (-1 between two notes) and their
 * places in c->text into at[]; both have room for c->longest. Returns how many. */
size_t term_corpus_words(const term_corpus *c, size_t i, int32_t *forms, size_t *at);

/* The text of so many words from a place on, words that are dropped not counted, as it came: appended to out,
 * NUL-ended. 0 or -1. */
int term_corpus_phrase(const term_corpus *c, size_t at, int words, buf *out);

#endif
