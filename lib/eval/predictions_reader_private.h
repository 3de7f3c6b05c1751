/* SPDX-License-Identifier: Apache-2.0 */
/* Internal declarations of predictions_reader.c, predictions_csv.c and predictions_json.c. */
#ifndef ECAN_EVAL_PREDICTIONS_READER_PRIVATE_H
#define ECAN_EVAL_PREDICTIONS_READER_PRIVATE_H

#include "eval/predictions_reader.h"
#include "io/json.h"
#include "io/stream.h"
#include "text/csv.h"

/* Sets the message: the text before the id, the id, and the text after it. Always returns -1. */
int predictions_id_error(const char *before, const char *id, size_t n, const char *after);

/* FORM_TEXT becomes FORM_TABLE or FORM_LINES at the first line. */
enum predictions_form { FORM_CLOSED, FORM_TEXT, FORM_TABLE, FORM_LINES, FORM_STREAM };
enum predictions_column { COLUMN_ID, COLUMN_CODE, COLUMN_SCORE, N_COLUMNS };

struct predictions_reader {
    predictions *p; /* borrowed */
    predictions_reader_options o;
    const char *path; /* borrowed */
    bool failed;      /* the error is not in a row: reading cannot continue */
    enum predictions_form form;
    lines text;
    csv table;
    int column[N_COLUMNS]; /* index of each in a row; -1: missing */
    stream_in *stream;     /* owned */
    record r;              /* of the stream */
};

/* ---- adding to in->p (predictions_reader.c) ---- */

/* Sets in->failed, for an error that is not in the row. Returns -1. */
int predictions_reader_fail(predictions_reader *in);

/* The number of encounter id[n], which is added if it is new; -1: memory is out. */
int32_t predictions_reader_encounter(predictions_reader *in, const char *id, size_t n);

/* Adds code[n] with its score, a probability, to encounter e. `line` is the line or record of the file. 0 or
 * -1. */
int predictions_reader_add(predictions_reader *in, int32_t e, const char *code, size_t n, float score,
                           uint64_t line);

/* ---- valid values (predictions_reader.c): 0, or -1 with the message set ---- */

int predictions_check_id(const predictions_reader *in, const char *id, size_t n);
int predictions_check_code(const predictions_reader *in, const char *code, size_t n);

/* *score is d, or its sigmoid if scores are logits; it must be within 0 .. 1. */
int predictions_make_score(const predictions_reader *in, double d, float *score);

/* ---- formats: 1: added, 0: no more, -1 with the message set ---- */

int predictions_find_columns(predictions_reader *in); /* from the header row in in->table. 0 or -1 */
int predictions_read_row(predictions_reader *in);     /* the next row of in->table */
int predictions_add_object(predictions_reader *in, json_t *object); /* one JSON line; object is borrowed */

#endif
