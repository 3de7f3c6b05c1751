/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a record by their places in its notes, to find those that a span of a note covers. A zeroed
 * struct is empty; it can be reused for the next record. */
#ifndef ECAN_TEXT_WORD_PLACES_H
#define ECAN_TEXT_WORD_PLACES_H

#include "base/map.h"
#include "base/mem.h"
#include "io/stream.h"

#include <stddef.h>
#include <stdint.h>

typedef struct word_places {
    map *notes;             /* ids of the notes (note_ids.h) */
    const int32_t (*of)[3]; /* [n] note, begin and end of each word */
    size_t n;
    size_t *first; /* [notes] the first word of each; n: it has none */
    size_t first_room;
    buf scratch;
} word_places;
void word_places_free(word_places *w);

/* Reads the keys documents and spans; the record must outlive the places. 0, or -1 with record and reason. */
int word_places_read(word_places *w, const record *r);

/* Finds the words *first .. *last - 1 that characters begin .. end-1 of the note with that id cover, at least
 * in part. *first == *last: none. */
void word_places_find(const word_places *w, const char *note, size_t size, int32_t begin, int32_t end,
                      size_t *first, size_t *last);

#endif
