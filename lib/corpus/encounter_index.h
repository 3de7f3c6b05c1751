/* SPDX-License-Identifier: Apache-2.0 */
/* What is needed of encounters to divide them into parts: ids, patients, dates, codes, and whether texts are
 * equal. Lines go to a temporary file ($TMPDIR), so that they can be written unchanged. Memory: 80 bytes and
 * the id for each encounter, 4 bytes for each of its codes, and the largest line. */
#ifndef ECAN_CORPUS_ENCOUNTER_INDEX_H
#define ECAN_CORPUS_ENCOUNTER_INDEX_H

#include "base/map.h"
#include "base/mem.h"
#include "io/jsonpull.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

typedef struct indexed_encounter {
    int32_t id, patient, text; /* numbers in the tables; equal if the same; -1: none */
    int32_t part;
    size_t date; /* offset in dates; SIZE_MAX: none */
    size_t first_code, n_codes;
    off_t line; /* in the temporary file */
    size_t line_size;
} indexed_encounter;

typedef struct encounter_index {
    const char *patient_key, *date_key; /* keys of the input; borrowed */
    map *ids, *patients, *texts, *codes;
    indexed_encounter *encounters;
    size_t n, cap;
    int32_t *codes_of; /* of all encounters, without duplicates within one */
    size_t n_codes, cap_codes;
    buf dates; /* NUL-terminated */
    FILE *lines;
    off_t lines_end;
    jsonpull json; /* private, like the members below */
    buf text;
} encounter_index;

/* keep_lines: lines are to be written later. 0 or -1. */
int encounter_index_init(encounter_index *x, const char *patient_key, const char *date_key, bool keep_lines);
void encounter_index_free(encounter_index *x);

/* Adds the encounters of a file (formats/encounters.md; "-" is standard input) to a part. A patient is the
 * key patient_key of an encounter, a string or an integer. A date is its key date_key, or otherwise the
 * latest one of its notes. unique: an id that another encounter has is an error. 0 or -1. */
int encounter_index_read(encounter_index *x, const char *path, int32_t part, bool unique);

const char *encounter_index_date(const encounter_index *x, const indexed_encounter *e); /* NULL: none */

/* Writes the lines of a part to f, in the order in which they came. 0 or -1. */
int encounter_index_write(encounter_index *x, int32_t part, FILE *f);

#endif
