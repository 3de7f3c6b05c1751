/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of notes as ranges of units, to compare evidence with gold spans (evidence_metrics.h). A unit is a
 * word of the record or a code point of a note. */
#ifndef ECAN_EVAL_UNIT_RANGES_H
#define ECAN_EVAL_UNIT_RANGES_H

#include "base/map.h"
#include "base/mem.h"
#include "io/stream.h"
#include "text/gold_spans.h"

#include <stdbool.h>
#include <stdint.h>

/* Units begin .. end-1 of a note, which is an index into note_words.notes. */
typedef struct unit_range {
    int32_t note, begin, end;
} unit_range;

/* The ranges of a code. A zeroed struct is empty. */
typedef struct unit_ranges {
    unit_range *of;  /* [n] as they were marked, ascending, without duplicates */
    unit_range *set; /* [n_set] their union, ascending, without overlap */
    size_t n, n_set, of_cap, set_cap;
} unit_ranges;

/* The notes of an encounter and, if the unit is the word, their words. A zeroed struct is empty. */
typedef struct note_words {
    map *notes;        /* ids of the notes */
    int32_t *first;    /* [notes + 1]: words first[i] .. first[i+1]-1 are of note i */
    unit_range *words; /* positions in code points */
    size_t first_cap, words_cap;
    buf scratch;
} note_words;

/* Reads the notes (`documents`) and words (`spans`) of the record. Markers, which are empty, are left out. 0,
 * or -1: the record is invalid, or memory is out. */
int note_words_read(note_words *w, const record *r);

/* Fills only the notes, with those of both sides; enough if the unit is the code point. 0, or -1 when memory
 * is out. */
int note_words_join(note_words *w, const gold_spans *one, const gold_spans *two);
void note_words_free(note_words *w);

/* Fills out with the spans of a code of m. For code -1, which m lacks, out is empty. words: the unit is the
 * word. Spans without units are left out and added to *lost. 0, or -1 when memory is out. */
int unit_ranges_read(unit_ranges *out, const note_words *w, const gold_spans *m, int32_t code, bool words,
                     uint64_t *lost);
void unit_ranges_free(unit_ranges *r);

uint64_t unit_ranges_size(const unit_ranges *r); /* number of units in the set */

/* Number of units of p that are in the set of r. */
uint64_t unit_ranges_shared(const unit_range *p, const unit_ranges *r);

/* Whether p is one of the marked ranges of r. */
bool unit_ranges_has(const unit_ranges *r, const unit_range *p);

#endif
