/* SPDX-License-Identifier: Apache-2.0 */
/* Text of encounters that is not read: words beyond a maximum, and notes of other types. It is counted here,
 * and every program reports it with the messages made here. A record counts its own in the keys words_cut and
 * notes_cut (formats/tokens.md). */
#ifndef ECAN_TEXT_UNREAD_H
#define ECAN_TEXT_UNREAD_H

#include "io/stream.h"

#include <stdint.h>

typedef struct unread_part {
    uint64_t n, encounters; /* words or notes, and the encounters that have such */
} unread_part;

typedef struct unread {
    uint64_t encounters; /* all of them */
    unread_part words, notes;
} unread;

/* Counts one more encounter. */
void unread_add(unread *u, uint64_t words, uint64_t notes);
void unread_merge(unread *sum, const unread *u);

enum { UNREAD_ROOM = 200 };

/* Writes "1 of 7 encounters: 10,382 words beyond LIMIT not read". Returns NULL if all words were read. */
const char *unread_words(char text[UNREAD_ROOM], const unread *u, const char *limit);
/* Writes "2 of 7 encounters: 5 notes of other types not read". Returns NULL if all notes were read. */
const char *unread_notes(char text[UNREAD_ROOM], const unread *u);

/* Returns the number of words, or notes, of the record that earlier programs did not read. *n is 0 without
 * the key. 0, or -1 with record and reason. */
int unread_words_of(uint64_t *n, const record *r);
int unread_notes_of(uint64_t *n, const record *r);

/* Packs the keys of a record; none if the number is 0. */
void unread_pack(pack *p, uint64_t words, uint64_t notes);
/* Packs words_cut with `words` more than the record has, which replaces that of the record. Packs nothing if
 * words is 0. 0, or -1 with record and reason. */
int unread_pack_more(pack *p, const record *r, uint64_t words);

#endif
