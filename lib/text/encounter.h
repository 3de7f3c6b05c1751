/* SPDX-License-Identifier: Apache-2.0 */
/* Converts an encounter in JSON (formats/encounters.md) to the fields of a tokens record
 * (formats/tokens.md). */
#ifndef ECAN_TEXT_ENCOUNTER_H
#define ECAN_TEXT_ENCOUNTER_H

#include "base/map.h"
#include "base/mem.h"
#include "io/jsonpull.h"
#include "io/pack.h"
#include "text/notes.h"
#include "text/tokenize.h"

#include <stdbool.h>
#include <stddef.h>

/* Memory for successive encounters. A zeroed struct is ready for use. */
typedef struct encounter {
    const char *id; /* of the last encounter, NUL-terminated; "" if it has none */
    size_t id_len;
    pack fields;                         /* fields of the record */
    tokens words;                        /* its words */
    language *languages;                 /* [n_notes] of the notes, if the tokenizer has several */
    size_t languages_unknown;            /* notes whose key language is not one of these */
    encounter_reading encounter_reading; /* which notes the words are from, and how much was left out */

    /* Private. Strings of notes are borrowed from the line. */
    buf id_copy;
    jsonpull json;
    encounter_note *notes; /* [n_notes] as they came, */
    size_t n_notes, cap_notes, cap_languages;
    bool has_text;      /* one note, that came as `text`; */
    bool has_documents; /* or any number of them */
    bool has_labels;
    note_string language; /* of all notes that have none of their own */
    map *labels;          /* without duplicates, in order of first occurrence */
    map *ids;             /* of the notes */
    pack members;         /* all other keys of the notes, */
    pack others;          /* and of the encounter */
} encounter;

void encounter_free(encounter *e);

/* Converts the JSON object in line[0 .. n) to the fields of a record: id, labels (if known), documents,
 * other keys, tokens, spans, and note_languages, gaps and words_cut if needed. A `text` becomes one document
 * with the id of the encounter. line is overwritten and borrowed; line[n] must be a NUL. Returns 0, or -1
 * with a message that contains keys and positions, but no values. */
int encounter_read(encounter *e, const tokenizer *t, const notes_rules *rules, char *line, size_t n);

#endif
