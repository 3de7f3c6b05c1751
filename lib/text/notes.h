/* SPDX-License-Identifier: Apache-2.0 */
/* Which notes of an encounter are read, in which order, and which of their words: what stands between parsing
 * an encounter and packing it (text/encounter.h).
 *
 *   1. Notes stay or go by their type.
 *   2. The others are put in order.
 *   3. Of notes with the same text the first in that order stays.
 *   -- their words are made: notes_arrange() gives the order, notes_choose() gets the words --
 *   4. Words of passages that stood in a note before go (text/copied.h).
 *   5. A word for its type, <note:TYPE> (<note>: it has none), comes before the words of each note that has
 * any left.
 *   6. Too many words are cut to max_words, those of step 5 counted (text/cut.h).
 *
 * A type's name is the type in NFC and case folded; white space and control characters become one space
 * between words, and none at the ends. A note whose type is not there, no string, or blank has the name "-".
 */
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

/* All zero: every note is read, whole, as they came. Strings are borrowed while the rules are made. */
typedef struct notes_options {
    const char *order; /* keys with commas between, the first one decides first: date, type, given; -KEY:
                          backwards. NULL: given. What no key decides is as given */
    const char *types, *not_types; /* names, with commas between (a comma in a name: \,); NULL: all, none */
    bool drop_duplicates, mark_types;
    size_t copied, max_words; /* words of a copied run, words of an encounter; 0: no limit */
    cut_rule cut;
} notes_options;

typedef struct notes_rules notes_rules;

/* Only read afterwards: threads may share it. NULL with the message set, which names the option: a key or a
 * name that is none. */
notes_rules *notes_rules_new(const notes_options *options);
void notes_rules_free(notes_rules *r); /* NULL is fine */

/* Adds the settings that are not the defaults to the fields of a map, beside the tokenizer's. Names and
 * values are those of ecan-tokenize's options. */
void notes_rules_settings(const notes_rules *r, pack *p);

/* What is read of an encounter. A zeroed struct is ready; memory is kept from one to the next. */
typedef struct encounter_reading {
    size_t *order; /* [n] the notes that are read, by their index, in order */
    size_t n;
    /* What was left out: notes by type, notes by text; words that were copied, words that were too many. */
    size_t notes_left, duplicates, words_copied, words_cut;
    int32_t *
        gaps; /* [n_gaps] ascending: words before which words of the same note were left out by step 4 or 6 */
    size_t n_gaps;

    struct item *items; /* private, as what follows: [n] */
    buf names, scratch[3];
    bool *is_copied;  /* [T] */
    size_t *starts;   /* [notes + 1] */
    cut_note *counts; /* [notes] */
    copied copied;
    tokens chosen;
    size_t room[6];
} encounter_reading;

void encounter_reading_free(encounter_reading *a); /* and leaves it empty */

/* Steps 1 to 3. A date is compared as text, byte by byte, as ISO 8601 asks for: 2024-03 is before 2024-03-01.
 * Types are compared by name, or by their place in options.types. Notes without the key come last in either
 * direction. 0, or -1 with the message set: memory. */
int notes_arrange(const notes_rules *r, const encounter_note *notes, size_t n, encounter_reading *a);

/* Steps 4 to 6: w has the words of the notes in a->order, with the note's index in their spans, and gets
 * those that are chosen, with spans as they were. That of a word for a type is [note, 0, 0]. 0, or -1 with
 * the message set: memory. */
int notes_choose(const notes_rules *r, const encounter_note *notes, encounter_reading *a, tokens *w);

#endif
