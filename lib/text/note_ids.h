/* SPDX-License-Identifier: Apache-2.0 */
/* The ids of the notes of a record, by which spans (gold_spans.h) name their note. */
#ifndef ECAN_TEXT_NOTE_IDS_H
#define ECAN_TEXT_NOTE_IDS_H

#include "base/map.h"
#include "io/stream.h"

/* Adds the ids of `documents` to an empty map, in their order. An id that is a number is written in decimal
 * digits; a note without an id has its index. 0, or -1 with record and reason. */
int note_ids_read(map *ids, const record *r);

#endif
