/* An encounter as JSON (formats/encounters.md), made into the fields of a tokens record (formats/tokens.md).
 */
#ifndef ECAN_TEXT_ENCOUNTER_H
#define ECAN_TEXT_ENCOUNTER_H

#include "base/mem.h"
#include "io/pack.h"
#include "text/note.h"
#include "text/tokenize.h"

#include <stddef.h>

/* Memory for one encounter after another; a zeroed struct is ready. */
typedef struct encounter {
    const char *id; /* of the last one, NUL-ended; "" where it was not found */
    size_t id_len;
    pack fields;  /* the record's */
    tokens words; /* those in it */

    note *notes; /* private, as what follows: [n_notes] as they came, */
    size_t n_notes, cap_notes;
    passages reading; /* and what is read of them */
    buf id_copy;
} encounter;

void encounter_free(encounter *e);

/* Makes of the JSON object in n bytes the fields of a record: id, labels (where there are any), documents,
 * what else it has, tokens and spans. A text becomes one document, with the id of the encounter. 0, or -1
 * with the message set, naming keys and positions and never a value. */
int encounter_read(encounter *e, const tokenizer *t, const char *json, size_t n);

#endif
