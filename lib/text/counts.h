/* SPDX-License-Identifier: Apache-2.0 */
/* How many encounters have each word and each code: what hospitals exchange to agree on the words and codes
 * of a model (formats/counts.md). Rare ones are left out of the file, so that nobody can be recognised by
 * them. */
#ifndef ECAN_TEXT_COUNTS_H
#define ECAN_TEXT_COUNTS_H

#include "base/map.h"
#include "io/json.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct count_row {
    uint64_t encounters, occurrences;
    uint64_t last; /* private: number of the last encounter that has it */
} count_row;

typedef struct count_table {
    map *names;
    count_row *rows; /* [map_size(names)] */
    size_t room;
} count_table;

typedef struct counts {
    count_table words, codes;
    uint64_t encounters;
    json_t *tokenizer; /* the settings of the text, or NULL; owned */
    bool has_tokenizer;
} counts;

/* 0, or -1: out of memory. Free it with counts_free() in both cases. */
int counts_init(counts *c);
void counts_free(counts *c);

/* Takes the tokenizer of a header, which must be that of the previous ones. 0, or -1 with the record in the
 * message. */
int counts_header(counts *c, const record *header);
/* Counts a record of tokens. Without labels it has no codes. 0, or -1 with the record in the message. */
int counts_add(counts *c, const record *r);

/* Writes what at least `least` encounters have. 0 or -1. */
int counts_write(const counts *c, uint64_t least, FILE *f);
/* Adds the counts of a file. The tokenizer must be that of the previous ones. 0, or -1 with path, line and
 * reason. */
int counts_read(counts *c, const char *path);

/* The numbers of the rows that at least `least` encounters have, those with the most first, then by their
 * bytes; *n is their number. Owned by the caller (mem_free). NULL: out of memory. */
int32_t *counts_sorted(const count_table *t, uint64_t least, int32_t *n);

#endif
