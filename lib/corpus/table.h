/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as CSV in a folder, by the names of the table and of its columns, in capitals or not. */
#ifndef ECAN_CORPUS_TABLE_H
#define ECAN_CORPUS_TABLE_H

#include "text/csv.h"

#define TABLE_COLUMNS 8

/* Folders that tables are in. */
typedef struct table_folders {
    const char *const *path;
    int n;
} table_folders;

typedef struct table {
    char *path;
    lines in;
    csv row;
    int column[TABLE_COLUMNS]; /* of each name asked for; -1 where it is not there and need not be */
    int n;
    uint64_t rows; /* read so far */
} table;

/* NAME.csv or NAME.csv.gz in one of the folders, or in its folder hosp or note, where MIMIC-IV has them.
 * columns: names with spaces between them; those that end in ? may be missing. 0, or -1 with what is missing.
 */
int table_open(table *t, const table_folders *in, const char *name, const char *columns);
void table_close(table *t);

/* The next row: 1; 0 where there is none; -1 with file and line. */
int table_next(table *t);

/* The row's field in the column that was asked for as number i; "" where the column is missing. Borrowed. */
const char *table_text(const table *t, int i, size_t *n);
/* The same without the blanks around it; not NUL-ended. */
const char *table_field(const table *t, int i, size_t *n);
/* The same as a whole number. 0, or -1 with file, line and column. */
int table_number(const table *t, int i, int64_t *number);
/* Prefixes the message with file and line; returns -1. */
int table_error(const table *t);

#endif
