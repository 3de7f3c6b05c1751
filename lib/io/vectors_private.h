/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that the files of vectors.h share: vectors_source.c has the bytes of a file, vectors_rows.c
 * reads rows, vectors.c the header and all rows, and vectors_write.c writes. Functions return 0, or -1 with
 * the message set. */
#ifndef ECAN_IO_VECTORS_PRIVATE_H
#define ECAN_IO_VECTORS_PRIVATE_H

#include "base/mem.h"
#include "io/vectors.h"

#include <stdbool.h>
#include <stdint.h>

/* An input file: its bytes and the current position. */
typedef struct vectors_source {
    const char *start, *p, *end;
    bool mapped; /* start is a mapping; otherwise it is read.data */
    buf read;
    uint64_t row;  /* the current row, from 1 */
    uint64_t rows; /* according to the header; 0 if there is none */
} vectors_source;

/* Opens the file at path, or standard input ("-"). Also after an error it needs vectors_source_close(). */
int vectors_source_open(vectors_source *s, const char *path);
void vectors_source_close(vectors_source *s);

/* Prefixes the message with "row 12, byte 3456: ". Always returns -1. */
int vectors_row_error(const vectors_source *s, const char *at);

/* Reads the next row into row v->n of v->data. */
int vectors_binary_row(vectors_source *s, vectors *v);
int vectors_text_row(vectors_source *s, vectors *v);

/* Finds the next line that is not blank, without the white space at its end. False at the end of the file. */
bool vectors_next_line(vectors_source *s, const char **line, const char **end);
/* Returns the start of the last field of [line, *end). *end moves to the end of the field before it. */
const char *vectors_last_field(const char *line, const char **end);
bool vectors_last_is_number(const char *line, const char *end);

static inline bool vectors_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

#endif
