/* SPDX-License-Identifier: Apache-2.0 */
/* The training encounters from which terms are mined: words and labels of a tokens stream, in memory. */
#ifndef ECAN_TERMS_TERM_CORPUS_H
#define ECAN_TERMS_TERM_CORPUS_H

#include "io/json.h"
#include "terms/term_phrases.h"
#include "terms/term_words.h"
#include "text/labels.h"
#include "text/scopes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct term_corpus {
    size_t n;             /* number of encounters */
    int32_t *text;        /* [text_at[n]] numbers of the original words; -1 between two notes */
    unsigned char *marks; /* [text_at[n]] SCOPE_... of each word; NULL: read without scopes */
    size_t *text_at;      /* [n + 1] */
    int32_t *gold;        /* [gold_at[n]] labels, each once for each encounter */
    size_t *gold_at;      /* [n + 1] */
    int32_t n_labels;
    uint64_t unknown; /* number of codes that are not in the labels */
    size_t longest;   /* words in the longest encounter */
    seen_words words; /* the original words and their forms */
    map *forms;
    term_phrases phrases; /* marked by coders */
    json_t *tokenizer;    /* settings of the stream, owned; NULL: it has none */
    bool has_header;      /* private, like the members below */
    term_form form;
    size_t text_room, marks_room, text_at_room, gold_room, gold_at_room;
    const scopes *scopes;
    scopes_work *scopes_work;
} term_corpus;

/* Reads n_paths tokens streams, one after the other. Codes that are not in l are added if grow is set,
 * otherwise counted. s and spans are borrowed. s NULL: words have no marks; spans NULL: coders marked none. 0
 * or -1. */
int term_corpus_read(term_corpus *c, const char *const *paths, int n_paths, labels *l, bool grow,
                     term_form form, const scopes *s, const term_spans *spans);
void term_corpus_free(term_corpus *c);

/* The words of encounter i that are not dropped: their forms in forms[] (-1 between two notes) and their
 * positions in c->text in at[]. Both arrays must have c->longest elements. Returns the number of words. */
size_t term_corpus_words(const term_corpus *c, size_t i, int32_t *forms, size_t *at);

/* Appends the original text of that many words from a position on, with a NUL at the end. Dropped words
 * between them are included but not counted. 0 or -1. */
int term_corpus_phrase(const term_corpus *c, size_t at, int words, buf *out);

/* The marks that all of that many words have from a position on. Dropped words between them count, too. */
int term_corpus_marks(const term_corpus *c, size_t at, int words);

#endif
