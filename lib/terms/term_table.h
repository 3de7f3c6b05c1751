/* SPDX-License-Identifier: Apache-2.0 */
/* A table of terms in memory, while ecan-terms makes it. */
#ifndef ECAN_TERMS_TERM_TABLE_H
#define ECAN_TERMS_TERM_TABLE_H

#include "terms/matcher.h"
#include "terms/term_weights.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct table_row {
    size_t term, source; /* where they begin in the table's text */
    int32_t label, both, encounters;
    float weight;
    bool learnt; /* the weight is in units of term_weight(); else it was given, and is final */
} table_row;

typedef struct term_table {
    const labels *labels;
    const json_t *tokenizer; /* borrowed, as the labels; NULL: the defaults */
    term_form form;
    table_row *rows;
    size_t n, room;
    buf text;
    uint64_t unknown,
        empty; /* rows left out: codes that are none of the labels; terms without a word that counts */
} term_table;  /* labels, tokenizer and form are set by the caller, the rest is zeroed */
void term_table_free(term_table *t);

/* The pairs mined from a corpus, with their weights. 0 or -1. */
int term_table_add_mined(term_table *t, const term_corpus *c, const mined *m, const term_weights *w);

/* The rows of a file that have a weight (given), or those that have none, which get the weight of a term that
 * was seen twice, with the label both times. 0 or -1. */
int term_table_add_file(term_table *t, const char *path, bool given, bool skip_unknown,
                        const term_weights *w);
/* The descriptions of the labels, as terms without a weight. 0 or -1. */
int term_table_add_descriptions(term_table *t, const term_weights *w);

/* Of rows with the same words and label the last one stays. 0 or -1. */
int term_table_unique(term_table *t);

/* A matcher of the rows that are learnt, or of those that are not. NULL with the message set. */
matcher *term_table_matcher(const term_table *t, bool learnt);

/* Learnt weights become scale * weight + bias; rows whose weight is not above 0 then are removed. */
void term_table_scale(term_table *t, double scale, double bias);

/* Puts the rows into the order in which they are written: by label and falling weight. */
void term_table_sort(term_table *t);
/* context: a term_table. 0 or -1. */
int term_table_write(const void *context, const char *path);

#endif
