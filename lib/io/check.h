/* SPDX-License-Identifier: Apache-2.0 */
/* Whether headers and records are what the pages in formats/ say. One check goes through one stream; it
 * remembers what a segment's records have in common.
 *
 * Every program that reads a stream checks that the parts of a record fit each other: that the shapes of
 * tensors agree with each other and with the numbers of tokens and labels, spans are within their documents'
 * texts, and words and blocks that peaks name exist. Keys of later kinds mean nothing there. ecan-check also
 * asks for the keys that a kind requires, and looks at every key and value: UTF-8, finite numbers,
 * probabilities, ids that appear once, codes that the header has. */
#ifndef ECAN_IO_CHECK_H
#define ECAN_IO_CHECK_H

#include "io/stream.h"

typedef struct check check;

check *check_new(bool every_value); /* NULL when memory is out */
void check_free(check *c);

/* The header of a segment, before its records; borrowed until the next one. 0, or -1 with file, key and
 * reason. */
int check_header(check *c, const record *header);

/* One record: 0, or -1 with file, number, id, offset, key and the first reason found. Later records can be
 * checked after that. */
int check_record(check *c, const record *r);

#endif
