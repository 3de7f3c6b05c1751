/* SPDX-License-Identifier: Apache-2.0 */
/* Which terms of a table occur in a record, and where. The words of the terms are a tree; each place of the
 * record is followed down the tree as far as it goes:
 *
 *     for each word i of the record: node = root, and for j = i, i+1, ...: node = child(node, word j)
 *
 * Of a label the best row counts: the one with the largest weight, or, where none is positive, the smallest
 * one. */
#ifndef ECAN_TERMS_MATCHER_H
#define ECAN_TERMS_MATCHER_H

#include "io/json.h"
#include "terms/matches.h"
#include "terms/term_words.h"
#include "text/labels.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct matcher matcher;

/* settings: those that part a term into words (formats/tokens.md), NULL: the defaults. largest: the
 * row with the largest weight is the best also where none is positive. NULL with the message set. */
matcher *matcher_new(const json_t *settings, term_form form, int32_t n_labels, bool largest);
void matcher_free(matcher *m); /* NULL is fine */

/* Adds a row; one of the same words and label replaces those before. 1: added, of *words words; 0: the term
 * has no word that counts. -1 with the message set. Not after matcher_finish(). */
int matcher_add(matcher *m, const char *text, int32_t label, float weight, int *words);
int matcher_finish(matcher *m); /* 0 or -1 */

/* The number of words of a text that count. -1 with the message set. */
int matcher_length(matcher *m, const char *text);

/* A table of terms. NULL with path, line and reason. */
matcher *matcher_read(const char *path, const labels *l, const json_t *settings);
/* The same from an open file; path is for messages. */
matcher *matcher_read_fd(int fd, const char *path, const labels *l, const json_t *settings);
size_t matcher_rows(const matcher *m);
/* After matcher_finish(): which of the rows added, from 0, row i is. */
size_t matcher_row(const matcher *m, size_t i);

/* Room of one thread. NULL with the message set. */
typedef struct matcher_work matcher_work;
matcher_work *matcher_work_new(const matcher *m);
void matcher_work_free(matcher_work *w); /* NULL is fine */

/* The record's matches, one a label, in order of the labels: the first place of the best term. Borrowed until
 * the next call. NULL with record and reason. */
const matches *matcher_match(const matcher *m, matcher_work *w, const record *r);

#endif
