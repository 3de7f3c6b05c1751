/* SPDX-License-Identifier: Apache-2.0 */
/* A table of terms in memory, while ecan-terms builds it. */
#ifndef ECAN_TERMS_TERM_TABLE_H
#define ECAN_TERMS_TERM_TABLE_H

#include "terms/matcher.h"
#include "terms/term_weights.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct table_row {
    size_t term, source; /* their offsets in the text of the table */
    int32_t label, both, encounters;
    float weight;
    bool learnt; /* the weight is in units of term_weight(); otherwise it was given and is final */
} table_row;

typedef struct term_table {
    const labels *labels;
    const json_t *tokenizer; /* borrowed, like the labels; NULL: the defaults */
    term_form form;
    table_row *rows;
    size_t n, room;
    buf text;
    const scopes *scopes;    /* borrowed; NULL: matches are not marked */
    mark_effects marks;      /* in units of term_weight() */
    uint64_t unknown, empty; /* rows that were left out: unknown codes; terms whose words are all dropped */
} term_table;                /* the caller sets labels, tokenizer, form and scopes, and zeroes the rest */
void term_table_free(term_table *t);

/* Adds the pairs that were mined from a corpus, with their weights: those that coders marked and, unless
 * only_marked is set, those with a weight of -4 or more. 0 or -1. */
int term_table_add_mined(term_table *t, const term_corpus *c, const mined *m, const term_weights *w,
                         bool only_marked);

/* Adds the rows of a file: those that have a weight (given), or those that have none. The latter get the
 * weight of a term that occurred twice, both times with the label. 0 or -1. */
int term_table_add_file(term_table *t, const char *path, bool given, bool skip_unknown,
                        const term_weights *w);
/* Adds the descriptions of the labels as terms without a weight. 0 or -1. */
int term_table_add_descriptions(term_table *t, const term_weights *w);

/* Removes rows with the same words and label, except the last. 0 or -1. */
int term_table_unique(term_table *t);

/* A matcher of the rows whose weights are learnt, or of the others. NULL with the message set. */
matcher *term_table_matcher(const term_table *t, bool learnt);

/* Learnt weights become scale * weight + bias, and effects of marks scale * effect. Rows whose weight is then
 * not above 0 are removed. */
void term_table_scale(term_table *t, double scale, double bias);

/* Sorts the rows as they are written: by label, then by descending weight. */
void term_table_sort(term_table *t);
/* Writes the table to f, which keeps errors. */
void term_table_put(const term_table *t, FILE *f);
/* Writes the table to path. context is a term_table. 0 or -1. */
int term_table_write(const void *context, const char *path);

#endif
