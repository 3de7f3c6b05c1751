/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of codes that a conversion finds: places in the notes that coders marked for a code. They are
 * written as lines of formats/evidence.md, which ecan-terms --spans reads. Memory: 20 bytes for each span,
 * and the ids of the notes. */
#ifndef ECAN_CORPUS_CONVERT_SPANS_H
#define ECAN_CORPUS_CONVERT_SPANS_H

#include "base/map.h"
#include "corpus/convert.h"
#include "text/offsets.h"

struct convert_spans {
    map *notes, *codes; /* ids of notes, codes */
    struct convert_span *spans;
    size_t n, cap;

    FILE *texts; /* of the notes, to convert offsets */
    map *text_ids;
    struct convert_text_place *places; /* [text_ids] */
    size_t cap_places;
    int64_t stored;
    buf key, text; /* text: that of the note `last` */
    int32_t last;  /* -1: none */
};

/* NULL with the message set. */
convert_spans *convert_spans_new(void);
void convert_spans_free(convert_spans *s); /* NULL is fine */

/* Keeps the text of a note in a temporary file. 0 or -1. */
int convert_spans_text(convert_spans *s, int32_t e, convert_slice note, convert_slice text);

/* Adds the span [begin, end) of a code in a note of encounter e. Nothing is done if v writes no spans. A
 * span that is not in the note is counted as left out. 0 or -1. */
int convert_add_span(convert *v, int32_t e, convert_slice code, convert_slice note, size_t begin, size_t end,
                     offset_unit unit);

/* Writes the lines, in the order of the encounters. It is an error if there are none. A write error is left
 * in the state of f. 0 or -1. */
int convert_write_spans(convert *v, FILE *f);

#endif
