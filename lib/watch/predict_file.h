/* SPDX-License-Identifier: Apache-2.0 */
/* Predicts the encounters of one file: JSON Lines, or a table (CSV); both can be compressed with gzip. The
 * lines are those of `ecan predict`. */
#ifndef ECAN_WATCH_PREDICT_FILE_H
#define ECAN_WATCH_PREDICT_FILE_H

#include "corpus/convert.h"
#include "ensemble/ensemble.h"
#include "text/notes.h"
#include "text/tokenize.h"
#include "text/unread.h"

#include <stdio.h>

/* A model or an ensemble, and how its first model splits texts. */
typedef struct file_model {
    ensemble models;
    tokenizer *tokenizer;
    notes_rules *rules;
} file_model;

/* Opens a model folder, an ensemble folder, or a folder of ecan train or ecan ensemble. 0 or -1. Free m with
 * file_model_close() in both cases. */
int file_model_open(file_model *m, const char *folder);
void file_model_close(file_model *m);

/* Writes a line for each encounter: {"id", "predicted"}, and words_cut and notes_cut if there are such. They
 * are counted in *counts, with the encounters. threshold NAN: that of the model. table: how a table is
 * read; its tell is called with warnings. 0, or -1 with path, line and reason; then what was written is not
 * complete. A write error is left in the state of out. */
int predict_file(const file_model *m, const char *path, FILE *out, double threshold, pool *threads,
                 const convert_options *table, unread *counts);

#endif
