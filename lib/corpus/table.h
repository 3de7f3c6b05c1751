/* SPDX-License-Identifier: Apache-2.0 */
/* CSV tables in folders. Names of tables and columns can be in upper or lower case. */
#ifndef ECAN_CORPUS_TABLE_H
#define ECAN_CORPUS_TABLE_H

#include "text/csv.h"

#define TABLE_COLUMNS 8

/* The folders to search for tables. */
typedef struct table_folders {
    const char *const *path;
    int n;
} table_folders;

typedef struct table {
    char *path;
    lines in;
    csv row;
    int column[TABLE_COLUMNS]; /* index of each requested column; -1: an optional column that is missing */
    int n;
    uint64_t rows; /* rows read so far */
} table;

/* Opens NAME.csv or NAME.csv.gz in one of the folders, or in its subfolders hosp and note, as in MIMIC-IV.
 * columns: names separated by spaces; those that end in ? are optional. 0, or -1 with the name of what is
 * missing. */
int table_open(table *t, const table_folders *in, const char *name, const char *columns);
void table_close(table *t);

/* Reads the next row. Returns 1, 0 at the end, or -1 with file and line. */
int table_next(table *t);

/* The field of the row in the i-th requested column; "" if the column is missing. Borrowed. */
const char *table_text(const table *t, int i, size_t *n);
/* The same without blanks around it; not NUL-terminated. */
const char *table_field(const table *t, int i, size_t *n);
/* The same as an integer. 0, or -1 with file, line and column. */
int table_number(const table *t, int i, int64_t *number);
/* Prefixes the message with file and line. Returns -1. */
int table_error(const table *t);

#endif
