/* Whether headers and records are what the pages in formats/ say: types, shapes that agree with each other,
 * values in range. One check goes through one stream; it remembers the ids, and what a segment's records have
 * in common. */
#ifndef ECAN_IO_CHECK_H
#define ECAN_IO_CHECK_H

#include "io/stream.h"

typedef struct check check;

check *check_new(void); /* NULL when memory is out */
void check_free(check *c);

/* The header of a segment, before its records. 0, or -1 with file, key and reason. */
int check_header(check *c, const record *header);

/* One record: 0, or -1 with file, number, id, offset, key and the first reason found. Later records can be
 * checked after that. */
int check_record(check *c, const record *r);

#endif
