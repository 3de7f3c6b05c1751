/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the terms of a table in a record. The words of the terms form a tree (trie), which is followed
 * from each word of the record:
 *
 *     for each word i of the record: node = root, and for j = i, i+1, ...: node = child(node, word j)
 * Of each label the best row counts: the one with the largest weight or, if no weight is positive, the one
 * with the smallest.
 * A place can be negated, of the past, of a relative or uncertain (text/scopes.h). Then the effects of these
 * marks are added to a weight above 0; the sum is not below 0. Of each row the best place counts: the first
 * one without marks or, if there is none, the first of those with the largest effect. */
#ifndef ECAN_TERMS_MATCHER_H
#define ECAN_TERMS_MATCHER_H

#include "io/json.h"
#include "terms/matches.h"
#include "terms/terms_file.h"
#include "text/labels.h"
#include "text/seen_words.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct matcher matcher;

/* settings: how terms are split into words (formats/tokens.md); NULL: the defaults. largest: the row with
 * the largest weight is the best also if no weight is positive. NULL with the message set. */
matcher *matcher_new(const json_t *settings, term_form form, int32_t n_labels, bool largest);
void matcher_free(matcher *m); /* NULL is allowed */

/* Adds a row. It replaces an earlier row of the same words and label. Returns 1 if it was added, with
 * *words words; 0 if all words of the term are dropped; or -1 with the message set. Must not be called
 * after matcher_finish(). */
int matcher_add(matcher *m, const char *text, int32_t label, float weight, int *words);
int matcher_finish(matcher *m); /* 0 or -1 */

/* Makes the matcher look for marks, with those effects. s is borrowed. */
void matcher_use_scopes(matcher *m, const scopes *s, const mark_effects *marks);
/* The effects of a table that was read. */
const mark_effects *matcher_marks(const matcher *m);
/* As matcher_use_scopes() with these effects; matcher_free() frees s. */
void matcher_own_scopes(matcher *m, scopes *s);

/* The number of words of a text that are not dropped, or -1 with the message set. */
int matcher_length(matcher *m, const char *text);

/* Reads a table of terms. NULL with path, line and reason. */
matcher *matcher_read(const char *path, const labels *l, const json_t *settings);
/* The same from an open file; path is for messages. */
matcher *matcher_read_fd(int fd, const char *path, const labels *l, const json_t *settings);
size_t matcher_rows(const matcher *m);
/* After matcher_finish(): row i is term number matcher_row(m, i), from 0, of those that were added. */
size_t matcher_row(const matcher *m, size_t i);

/* Working memory of one thread. NULL with the message set. */
typedef struct matcher_work matcher_work;
matcher_work *matcher_work_new(const matcher *m);
void matcher_work_free(matcher_work *w); /* NULL is allowed */

/* The matches of the record that was read into words, at most one for each label, in order of the labels: the
 * best place of the best term. Borrowed until the next call. NULL with record and reason. */
const matches *matcher_match(const matcher *m, matcher_work *w, seen_words *words);

#endif
