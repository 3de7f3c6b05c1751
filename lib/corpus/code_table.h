/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of codes in the formats of their publishers, for the descriptions of the codes of a data set
 * (formats/code-tables.md). The layout is detected from the file. */
#ifndef ECAN_CORPUS_CODE_TABLE_H
#define ECAN_CORPUS_CODE_TABLE_H

#include "base/map.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct code_entry {
    size_t code, description; /* offsets in text; as in the table */
    bool heading;             /* not valid for coding, because there are codes below it */
    bool procedure;           /* a code of ICD-10-PCS, which has no point */
} code_entry;

typedef struct code_table {
    map *codes; /* without points */
    code_entry *entries;
    size_t cap;
    buf text;
    const char *encoding, *language, *code, *description;
} code_table;

/* language: "fr", "nl" or "en" for tables in several languages; NULL: the first one. code and description:
 * names of columns of a table with a header row; NULL: the usual names. 0 or -1. */
int code_table_open(code_table *t, const char *encoding, const char *language, const char *code,
                    const char *description);
void code_table_close(code_table *t);

/* Adds the codes of a file. If a code occurs again, its first description is kept. 0, or -1 with path and
 * line. */
int code_table_read(code_table *t, const char *path);

/* The index of a code, with or without its point; -1: it is not in the tables. */
int32_t code_table_find(const code_table *t, const char *code, size_t n);

typedef enum code_points { CODE_POINTS_SAME, CODE_POINTS_ADD, CODE_POINTS_REMOVE } code_points;

/* Writes a code with or without its point to to[]. Returns its length. */
size_t code_table_point(char to[64], const char *code, size_t n, bool procedure, code_points points);

/* ---- for the readers of tables ---- */

/* 0 or -1. */
int code_table_add(code_table *t, const char *code, size_t n, const char *description, size_t size,
                   bool heading, bool procedure);

#endif
