/* The notes of an encounter between its parsing and its tokenizing: what they are, and what of them is read.
 *
 * An encounter is read in steps (lib/text/encounter.c): its line becomes notes; these are arranged into
 * passages, in the order in which they are to be read; the passages become words; the words are
 * cut to what a model takes; and all is packed. Notes stay as they came and where they came throughout, so
 * that a span's document is the note's index. */
#ifndef ECAN_TEXT_NOTE_H
#define ECAN_TEXT_NOTE_H

#include <stddef.h>

/* n bytes of UTF-8, borrowed, not NUL-ended, which may hold NULs. s is NULL where there is none: a key that
 * is not there, or is no string. */
typedef struct note_string {
    const char *s;
    size_t n;
} note_string;

typedef struct note {
    note_string id; /* its own, or its position */
    note_string type, date, text;
    size_t packed, text_at, packed_end; /* private to encounter.c, as what follows: its other keys */
    size_t n_keys;
} note;

/* Bytes text[from .. to) of a note, at the bounds of characters. */
typedef struct passage {
    size_t note; /* index */
    size_t from, to;
} passage;

/* What is read, in order. A zeroed struct is empty; memory is kept from encounter to encounter. */
typedef struct passages {
    passage *items; /* [n] */
    size_t n, cap;
} passages;

#endif
