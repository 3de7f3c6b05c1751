/* SPDX-License-Identifier: Apache-2.0 */
/* The phrases of a corpus that coders marked: spans (term_spans.h) as sequences of its words. */
#ifndef ECAN_TERMS_TERM_PHRASES_H
#define ECAN_TERMS_TERM_PHRASES_H

#include "io/stream.h"
#include "terms/term_spans.h"
#include "text/labels.h"
#include "text/word_places.h"

#include <stddef.h>
#include <stdint.h>

struct term_corpus;

/* A phrase that is marked for a gold label of an encounter. */
typedef struct term_phrase {
    size_t at;   /* position of its first word in the text of the corpus */
    size_t gold; /* the label's index in gold of the corpus */
    int32_t words;
} term_phrase;

typedef struct term_phrases {
    const term_spans *spans; /* borrowed; NULL: none */
    term_phrase *of;         /* [n] */
    size_t n;
    int32_t longest; /* words of the longest phrase */
    /* spans of encounters of the corpus; and those of them that are left out: the encounter does not have the
     * code; no word is in the span; it has more than TERM_LONGEST words */
    uint64_t found, no_code, no_word, too_long;
    size_t room, at_room; /* private, like the members below */
    size_t *at;           /* [words of the record] their positions in the text of the corpus */
    word_places places;
} term_phrases;
void term_phrases_free(term_phrases *p);

/* Adds the phrases of the last encounter of c, which was read from r, to c->phrases. 0, or -1 with record and
 * reason. */
int term_phrases_add(struct term_corpus *c, const labels *l, const record *r);

#endif
