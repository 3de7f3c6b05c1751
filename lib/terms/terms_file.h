/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of terms (formats/terms.md): a term and a code in each line, with its weight and its source. */
#ifndef ECAN_TERMS_TERMS_FILE_H
#define ECAN_TERMS_TERMS_FILE_H

#include "terms/term_words.h"
#include "text/labels.h"
#include "text/scopes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct terms_row {
    const char *term; /* borrowed, NUL-terminated */
    int32_t label;
    float weight; /* in units of the logit */
    bool has_weight;
    int32_t both, encounters; /* training encounters with term and code, with the term; 0: not counted */
    const char *source;       /* borrowed; "" if there is none */
} terms_row;

/* The effects of the marks of a match on its weight: one of each SCOPE_... of text/scopes.h. */
typedef struct mark_effects {
    bool any; /* false: marks are not looked for */
    float of[SCOPE_KINDS];
} mark_effects;

typedef struct terms_reader {
    const labels *labels;
    bool skip_unknown; /* skip and count rows with unknown codes */
    /* Called for each row. 0, or -1 with the message set. */
    int (*on_row)(void *context, const terms_row *row);
    void *context;
    /* set by the reader: */
    /* how words of the table are formed, and what marks do; both are set before the first row */
    term_form form;
    mark_effects marks;
    uint64_t unknown;
} terms_reader;

/* Reads a file. 0, or -1 with path, line and reason. */
int terms_file_read(terms_reader *t, const char *path);
/* The same from the start of an open file, which stays open; path is for messages. */
int terms_file_read_fd(terms_reader *t, int fd, const char *path);

/* Writes the lines before the first row; writes a row. The caller checks the writes (lines_finish). */
void terms_file_head(FILE *f, term_form form, const mark_effects *marks);
void terms_file_row(FILE *f, const labels *l, const terms_row *row);

#endif
