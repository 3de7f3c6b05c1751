/* SPDX-License-Identifier: Apache-2.0 */
/* Spans that coders marked (terms/term_spans.h) as words of documents, on which attention is trained. */
#ifndef ECAN_TRAIN_SPAN_MARKS_H
#define ECAN_TRAIN_SPAN_MARKS_H

#include "io/stream.h"
#include "terms/term_spans.h"
#include "text/labels.h"
#include "text/word_places.h"
#include "train/step.h"

#include <stddef.h>
#include <stdint.h>

typedef struct span_marks {
    attend_mark *of; /* [n] those of one document after those of another; see example in step.h */
    size_t n, room;
    /* spans of encounters that were read; and those of them that are left out: the encounter does not have
     * the code; no word that is read is in the span */
    uint64_t found, no_code, no_word;
    word_places places;
} span_marks;
void span_marks_free(span_marks *m);

/* Adds the marks of document d, which was read from r: the words of spans, which l's numbers of gold labels
 * have. 0, or -1 with record and reason. */
int span_marks_add(span_marks *m, const example *d, const record *r, const labels *l,
                   const term_spans *spans);

/* Replaces the labels j of the marks of a document by to[j]. */
void span_marks_renumber(attend_mark *of, size_t n, const int32_t *to);

#endif
