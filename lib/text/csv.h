/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of CSV (RFC 4180) and of tab-separated values: fields, which may stand in double quotes and then hold
 * the separator, line ends and doubled quotes.
 *
 * The separator is that of a tab, a comma and a semicolon which comes first in the header row outside of
 * quotes. Rows end in LF or CR LF; empty lines are passed over, and so is a byte order mark. A quote
 * within a field that does not begin with one is an ordinary character. */
#ifndef ECAN_TEXT_CSV_H
#define ECAN_TEXT_CSV_H

#include "text/lines.h"

typedef struct csv {
    const char **field; /* [n], NUL-ended: text only; blanks around a field without quotes are gone */
    size_t *size;       /* [n] bytes of each */
    size_t n;
    uint64_t line; /* the row's first line, 1 for the first of the file */

    lines *in; /* private, as what follows */
    buf text;
    size_t *start, n_cap, size_cap, start_cap, max;
    char separator;
    bool first;
} csv;

/* Rows of max bytes at most. in is borrowed; the line that it has now is the first of the header row. */
void csv_open(csv *c, lines *in, size_t max);
void csv_close(csv *c);

/* 1: the next row is there, until the next call. 0: there is none. -1 with "path: line N: column M: reason":
 * what is wrong with this row; the next call goes on behind it, unless in->failed. */
int csv_next(csv *c) __attribute__((warn_unused_result));

/* Prefixes the message with "path: line N: column M: ", field counted from 0; without the column where it is
 * negative. Returns -1. */
int csv_error(const csv *c, int field);

#endif
