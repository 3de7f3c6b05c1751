/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that coders marked in training encounters as the reason for a code. The words of a span are a term
 * of the code, and that term claims the code in the encounter (claims.h). */
#ifndef ECAN_TERMS_TERM_SPANS_H
#define ECAN_TERMS_TERM_SPANS_H

#include "base/map.h"

#include <stddef.h>
#include <stdint.h>

typedef struct term_span {
    int32_t encounter, code, note; /* numbers in the maps of term_spans */
    int32_t begin, end;            /* code points of the note's text */
} term_span;

typedef struct term_spans {
    map *encounters, *codes, *notes;
    term_span *spans; /* [n] sorted by encounter */
    size_t n, room;
    size_t *at; /* [encounters + 1] */
} term_spans;

/* Reads files (text/gold_spans.h), whose names are separated by commas. 0, or -1 with file, line and reason;
 * term_spans_free() is called in both cases. */
int term_spans_read(term_spans *s, const char *files);
void term_spans_free(term_spans *s);

/* The *n spans of an encounter. Borrowed. */
const term_span *term_spans_of(const term_spans *s, const char *id, size_t *n);

#endif
