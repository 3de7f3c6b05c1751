/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of CSV (RFC 4180) and of tab-separated values: fields, which may be in double quotes and then have
 * the separator, line ends and doubled quotes in them.
 *
 * The separator is the first tab, comma, semicolon or bar of the header row outside of quotes. A line
 * "sep=;" before the header row, which Excel writes, names it. Rows end in LF, CR LF or CR; empty lines are
 * passed over, and so is a byte order mark. A quote within a field that does not begin with one is an
 * ordinary character. */
#ifndef ECAN_TEXT_CSV_H
#define ECAN_TEXT_CSV_H

#include "text/lines.h"

typedef struct csv {
    const char **field; /* [n], NUL-terminated */
    size_t *size;       /* [n] bytes of each */
    size_t n;
    uint64_t line; /* the first line of the row, counted from 1 */

    /* Before the first row these may be set: */
    char separator; /* 0: as above */
    /* true: fields are prose. Blanks around a field without quotes are part of it. If there is text after the
     * closing quote of a field, the field was written without quoting, and its quotes are part of it. false:
     * blanks are dropped, and text after a closing quote is an error. */
    bool prose;

    lines *in; /* private, like the members below */
    buf text;
    size_t *start, n_cap, size_cap, start_cap, max;
    size_t at;        /* where the next row begins in the line */
    uint64_t returns; /* rows that ended in CR only */
    bool first;
} csv;

/* Rows of max bytes at most. in is borrowed; the line that it has now is the first of the file's rows. */
void csv_open(csv *c, lines *in, size_t max);
void csv_close(csv *c);

/* 1: the next row was read; it is valid until the next call. 0: there is none. -1 with "path: line N: column
 * M: reason"; the next call continues after this row, unless in->failed. */
int csv_next(csv *c) __attribute__((warn_unused_result));

/* Prefixes the message with "path: line N: column M: ". field counts from 0; if it is negative, the column
 * is omitted. Returns -1. */
int csv_error(const csv *c, int field);

/* The field of the row with that name; blanks around it do not count. If none is equal, upper and lower case
 * are ignored. -1: none. -2 with the message set: several. */
int csv_find(const csv *c, const char *name, size_t n);

#endif
