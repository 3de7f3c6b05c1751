/* SPDX-License-Identifier: Apache-2.0 */
/* An encounter as JSON (formats/encounters.md), made into the fields of a tokens record (formats/tokens.md).
 */
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

/* Memory for one encounter after another; a zeroed struct is ready. */
typedef struct encounter {
    const char *id; /* of the last one, NUL-ended; "" where it was not found */
    size_t id_len;
    pack fields;                         /* the record's */
    tokens words;                        /* those in it */
    encounter_reading encounter_reading; /* what of the notes they are, and how much was left out */

    /* Private. Strings of notes are borrowed from the line. */
    buf id_copy;
    jsonpull json;
    encounter_note *notes; /* [n_notes] as they came, */
    size_t n_notes, cap_notes;
    bool has_text;      /* one note, that came as `text`; */
    bool has_documents; /* or any number of them */
    bool has_labels;
    map *labels;  /* each once, in the order in which they came first */
    map *ids;     /* of the notes */
    pack members; /* all other keys of the notes, */
    pack others;  /* and of the encounter */
} encounter;

void encounter_free(encounter *e);

/* Makes of the JSON object in line[0 .. n) the fields of a record: id, labels (where there are any),
 * documents, what else it has, tokens and spans, and gaps and words_cut where there are any. A text becomes
 * one document, with the id of the encounter. The line is written over; line[n] must be a NUL. 0, or -1 with
 * the message set, naming keys and positions and never a value. */
int encounter_read(encounter *e, const tokenizer *t, const notes_rules *rules, char *line, size_t n);

#endif
