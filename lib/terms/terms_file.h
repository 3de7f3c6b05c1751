/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of terms (formats/terms.md): a term and a code a line, with its weight and where it comes from. */
#ifndef ECAN_TERMS_TERMS_FILE_H
#define ECAN_TERMS_TERMS_FILE_H

#include "terms/term_words.h"
#include "text/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct terms_row {
    const char *term; /* borrowed, NUL-ended */
    int32_t label;
    float weight; /* in units of the logit */
    bool has_weight;
    int32_t both, encounters; /* training encounters with term and code; with the term. 0: not counted */
    const char *source;       /* borrowed; "" where there is none */
} terms_row;

typedef struct terms_reader {
    const labels *labels;
    bool skip_unknown; /* codes that are none of the labels are counted and passed over */
    /* Called for every row. 0, or -1 with the message set. */
    int (*on_row)(void *context, const terms_row *row);
    void *context;
    /* filled: */
    term_form form; /* of the table's words; complete before the first row */
    uint64_t unknown;
} terms_reader;

/* 0, or -1 with path, line and reason. */
int terms_file_read(terms_reader *t, const char *path);
/* The same from the start of an open file, which stays open; path is for messages. */
int terms_file_read_fd(terms_reader *t, int fd, const char *path);

/* The lines before the first row, and a row. The caller checks the writes (lines_finish). */
void terms_file_head(FILE *f, term_form form);
void terms_file_row(FILE *f, const labels *l, const terms_row *row);

#endif
