/* SPDX-License-Identifier: Apache-2.0 */
/* A line of marked spans: for each code of an encounter the places in the notes that speak for it, as a coder
 * marked them or a model did. Two forms are read: MDACE's (formats/mdace.md) and ecan-explain's own
 * (formats/evidence.md). */
#ifndef ECAN_EVAL_GOLD_SPANS_H
#define ECAN_EVAL_GOLD_SPANS_H

#include "base/map.h"
#include "io/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gold_spans_span {
    int32_t code, note; /* numbers of codes and notes */
    int32_t begin, end; /* code points of the note's text, begin <= end: gold of the field has empty ones */
} gold_spans_span;

typedef struct gold_spans {
    char *id;               /* owned, NUL-ended: a number in decimal digits */
    map *codes;             /* as strings */
    map *notes;             /* their ids, the same */
    bool *predicted;        /* [codes]; in MDACE's form all are */
    gold_spans_span *spans; /* [n] by code, note, begin, end; each once */
    size_t n, spans_cap, predicted_cap;
} gold_spans;

/* line: one object. code_system: annotations that name another are passed over; NULL: none are. m is zeroed
 * before its first use, and reused. 0, or -1 naming the key; no text is quoted. */
int gold_spans_read(gold_spans *m, const json_t *line, const char *code_system);
void gold_spans_free(gold_spans *m); /* and leaves it zeroed */

/* The spans of a code, *n of them. Borrowed. */
const gold_spans_span *gold_spans_of(const gold_spans *m, int32_t code, size_t *n);

#endif
