/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether headers and records follow the pages in formats/. A check belongs to one stream and
 * remembers what the records of a segment must have in common.
 *
 * Every program that reads a stream checks that the parts of a record fit together. Shapes of tensors
 * agree with each other and with the numbers of tokens and labels. Spans are within the texts of their
 * documents. The words and blocks of peaks exist. Keys of later kinds are not checked. ecan-check
 * (every_value) also checks required keys, and every key and value: UTF-8, finite numbers, probabilities,
 * unique ids, and codes that the header has. */
#ifndef ECAN_IO_CHECK_H
#define ECAN_IO_CHECK_H

#include "io/stream.h"

typedef struct check check;

check *check_new(bool every_value); /* owned by the caller (check_free); NULL if memory is out */
void check_free(check *c);

/* Checks the header of a segment. Call it before the segment's records. header is borrowed until the next
 * one. Returns 0, or -1 with file, key and reason. */
int check_header(check *c, const record *header);

/* Checks one record. Returns 0, or -1 with file, number, id, offset, key and the first error found. Later
 * records can still be checked. */
int check_record(check *c, const record *r);

#endif
