/* SPDX-License-Identifier: Apache-2.0 */
/* A line of marked spans: for each code of an encounter, the places in the notes that support it, marked
 * by a coder or a model. Two formats are read: MDACE (formats/mdace.md) and the output of ecan-explain
 * (formats/evidence.md), also with the decisions of the page (formats/decisions.md). Of decisions only
 * accepted codes have spans: the passages that the coder selected or, if there are none, those of the
 * model. */
#ifndef ECAN_TEXT_GOLD_SPANS_H
#define ECAN_TEXT_GOLD_SPANS_H

#include "base/map.h"
#include "io/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct gold_spans_span {
    int32_t code, note; /* numbers of codes and notes */
    int32_t begin,
        end; /* code points of the note's text, begin <= end: published gold data has empty spans */
} gold_spans_span;

typedef struct gold_spans {
    char *id;               /* owned, NUL-terminated; a number is written in decimal digits */
    map *codes;             /* as strings */
    map *notes;             /* note ids, also as strings */
    bool *predicted;        /* [codes]; all true in the MDACE format */
    gold_spans_span *spans; /* [n] sorted by code, note, begin, end; without duplicates */
    size_t n, spans_cap, predicted_cap;
} gold_spans;

/* Reads one object. Annotations of a code system other than code_system are skipped; NULL skips none. m is
 * zeroed before its first use and can be reused. 0, or -1 with the key in the message. No text is quoted. */
int gold_spans_read(gold_spans *m, const json_t *line, const char *code_system);
void gold_spans_free(gold_spans *m); /* leaves m zeroed */

/* The *n spans of a code. Borrowed. NULL if there are none. */
const gold_spans_span *gold_spans_of(const gold_spans *m, int32_t code, size_t *n);

#endif
