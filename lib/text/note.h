/* SPDX-License-Identifier: Apache-2.0 */
/* The notes of an encounter between its parsing and its tokenizing.
 *
 * An encounter is read in steps (lib/text/encounter.c): its line becomes notes; these are put in the order in
 * which they are to be read (text/notes.h), and some left out; they become words; some of the words are
 * chosen; and all is packed. Notes stay as they came and where they came throughout, so that a span's
 * document is the note's index. */
#ifndef ECAN_TEXT_NOTE_H
#define ECAN_TEXT_NOTE_H

#include <stddef.h>

/* n bytes of UTF-8, borrowed, not NUL-ended, which may hold NULs. s is NULL where there is none: a key that
 * is not there, or is no string. */
typedef struct note_string {
    const char *s;
    size_t n;
} note_string;

typedef struct encounter_note {
    note_string id; /* its own, or its position */
    note_string type, date, text;

    /* Private to encounter.c: the other keys as they are packed, and where among them the text stood. */
    size_t members, text_at, members_end, n_members; /* n_members counts the text */
    char position[24];
} encounter_note;

#endif
