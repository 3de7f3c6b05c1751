/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses the notes of an encounter, their order, and the words of each. This comes between parsing an
 * encounter and packing it (text/encounter.h).
 *
 *   1. Notes are kept or dropped by their type.
 *   2. The notes that are kept are sorted.
 *   3. Of notes with the same text, the first in that order is kept.
 *   -- the caller splits the notes of notes_arrange() into words and passes them to notes_choose() --
 *   4. Words of passages that were copied from an earlier note are dropped (text/copied.h).
 *   5. A word for its type, <note:TYPE> (<note> without a type), is put before the words of each note that
 * has any left.
 *   6. The words, including those of step 5, are cut to max_words (text/cut.h).
 * The name of a type is the type in NFC and case folded. White space and control characters become one
 * space between words, and are removed at the ends. A note whose type is missing, not a string, or blank
 * has the name "-". */
#ifndef ECAN_TEXT_NOTES_H
#define ECAN_TEXT_NOTES_H

#include "io/pack.h"
#include "text/copied.h"
#include "text/cut.h"
#include "text/note.h"
#include "text/tokenize.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* If all are zero, every note is kept whole, in the order of the input. Strings are borrowed while the
 * rules are made. */
typedef struct notes_options {
    const char
        *order; /* keys separated by commas, the most important first: date, type, given; -KEY: descending.
                   NULL: given. Notes that are equal in all keys keep the order of the input */
    const char *types,
        *not_types; /* names separated by commas (\, is a comma in a name); NULL: all types, no types */
    bool drop_duplicates, mark_types;
    size_t copied,
        max_words; /* minimum words of a copied passage, maximum words of an encounter; 0: no limit */
    cut_rule cut;
} notes_options;

typedef struct notes_rules notes_rules;

/* Threads may share the rules. NULL with the message set, which names the option: an invalid key or name. */
notes_rules *notes_rules_new(const notes_options *options);
void notes_rules_free(notes_rules *r); /* NULL is allowed */

/* Returns the name of the next type of options.types or options.not_types that no note had so far, or NULL if
 * there are no more. *next is 0 at first. Call it when no thread uses the rules. */
const char *notes_rules_missing(const notes_rules *r, int32_t *next);

/* Adds the settings that differ from the defaults to the fields of a map, next to those of the tokenizer.
 * Names and values are those of ecan-tokenize's options. */
void notes_rules_settings(const notes_rules *r, pack *p);

/* What is kept of an encounter. A zeroed struct is ready for use. Memory is kept for the next encounter. */
typedef struct encounter_reading {
    size_t *order; /* [n] indices of the notes that are kept, in order */
    size_t n;
    /* Number of notes dropped by type, notes dropped as duplicates, words dropped as copied, words dropped
     * by the limit. */
    size_t notes_left, duplicates, words_copied, words_cut;
    int32_t *gaps; /* [n_gaps] ascending: indices of words before which words of the same note were dropped by
                      step 4 or 6 */
    size_t n_gaps;

    struct item *items; /* private, like the members below: [n] */
    buf names, scratch[3];
    bool *is_copied;  /* [T] */
    size_t *starts;   /* [notes + 1] */
    cut_note *counts; /* [notes] */
    copied copied;
    tokens chosen;
    size_t room[6];
} encounter_reading;

void encounter_reading_free(encounter_reading *a); /* leaves it empty */

/* Steps 1 to 3. Dates are compared as text, byte by byte, which is the order of ISO 8601: 2024-03 is
 * before 2024-03-01. Types are compared by name, or by their position in options.types. Notes without the
 * key come last in both directions. 0, or -1 with the message set: out of memory. */
int notes_arrange(const notes_rules *r, const encounter_note *notes, size_t n, encounter_reading *a);

/* Steps 4 to 6. w has the words of the notes in a->order, whose spans have the index of the note. It gets
 * the words that are kept, with the same spans. The span of a word for a type is [note, 0, 0]. 0, or -1
 * with the message set: out of memory. */
int notes_choose(const notes_rules *r, const encounter_note *notes, encounter_reading *a, tokens *w);

#endif
