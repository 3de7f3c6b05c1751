/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of an encounter between parsing and tokenizing.
 *
 * An encounter is processed in steps (lib/text/encounter.c). Its line is parsed into notes. The notes are
 * ordered and some are left out (text/notes.h). They are tokenized, some of the words are chosen, and the
 * record is packed. The array of notes does not change, so the document of a span is the index of the
 * note. */
#ifndef ECAN_TEXT_NOTE_H
#define ECAN_TEXT_NOTE_H

#include <stddef.h>

/* n bytes of UTF-8, borrowed, not NUL-terminated, possibly with NULs. s is NULL if the key is missing or
 * not a string. */
typedef struct note_string {
    const char *s;
    size_t n;
} note_string;

typedef struct encounter_note {
    note_string id; /* its own, or its position */
    note_string type, date, text;
    note_string language; /* a tag: nl, fr-BE */

    /* Private to encounter.c: the other keys, packed, and the position of the text among them. */
    size_t members, text_at, members_end, n_members; /* n_members counts the text */
    char position[24];
} encounter_note;

#endif
