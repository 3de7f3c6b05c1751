/* SPDX-License-Identifier: Apache-2.0 */
/* The words that terms consist of: words of a tokens stream in a form that is the same for variants of a
 * term. Accents and case are removed, words such as "of" are dropped, and endings of number and gender are
 * cut:
 *
 *     longer than 4 letters: -es or -s, then -o or -a
 * Each form has a number: its index in a table of forms. */
#ifndef ECAN_TERMS_TERM_WORDS_H
#define ECAN_TERMS_TERM_WORDS_H

#include "base/map.h"
#include "base/mem.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TERM_UNKNOWN = -1, TERM_DROPPED = -2, TERM_FAILED = -3 };

typedef struct term_form {
    bool keep_endings, keep_stop_words;
} term_form;

/* The words of one thread. */
typedef struct term_words {
    term_form form;
    map *forms;   /* borrowed; only term_words_add() adds to it */
    map *seen;    /* original words, with the number of the form of each: most words occur often */
    int32_t *ids; /* [map_size(seen)] */
    size_t room;
    buf word, scratch[2];
    /* set by term_words_read(): */
    int32_t *sequence,
        *at; /* [n] numbers, also TERM_UNKNOWN between two notes; index among the tokens of the record */
    size_t n, sequence_room, at_room;
} term_words;

/* 0, or -1 when memory is out; term_words_free() is called in both cases. */
int term_words_init(term_words *w, map *forms, term_form form);
void term_words_free(term_words *w);

/* The number of a word; TERM_DROPPED; TERM_UNKNOWN; or TERM_FAILED with the message set. */
int32_t term_words_find(term_words *w, const char *word, size_t n);
/* The same, and adds the form if it is new. w->seen keeps all words that are added this way. */
int32_t term_words_add(term_words *w, const char *word, size_t n);

/* Reads the words of the record, without those that are dropped, into w->sequence and w->at. If the record
 * has `spans`, no term crosses the border of two notes. 0, or -1 with record and reason. */
int term_words_read(term_words *w, const record *r);

/* The record's spans: 12 bytes for each token, the first 4 of which are the number of the note. NULL: it
 * has none. 0, or -1 with record and reason. */
int term_words_spans(const record *r, uint32_t tokens, const unsigned char **spans);
/* Whether a note ends before token t. */
bool term_words_border(const unsigned char *spans, uint32_t t);

#endif
