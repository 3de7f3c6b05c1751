/* SPDX-License-Identifier: Apache-2.0 */
/* Reads pairs of encounter and code from any file that has them (formats/predictions.md), told apart by how
 * it begins:
 *
 *     CSV, tab-separated     a header row, then a row a pair: id, code and, where there is one, score
 *     JSON Lines             {"id", "code", "score"}, {"id", "scores": {code: score, ...}}, {"id", "labels":
 * [code, ...]} a stream of any kind   id and labels of its records */
#ifndef ECAN_EVAL_PREDICTIONS_READER_H
#define ECAN_EVAL_PREDICTIONS_READER_H

#include "eval/predictions.h"
#include "text/labels.h"

/* Names that a column or key may have. */
#define PREDICTIONS_ID    "id,hadm_id"
#define PREDICTIONS_CODE  "code,label"
#define PREDICTIONS_SCORE "score,probability"

typedef struct predictions_reader_options {
    const char *id, *code, *score; /* names, a comma between two; NULL: as above. Borrowed */
    bool gold;         /* gold codes: labels, streams; a score is passed over. Else predictions: scores */
    bool logits;       /* scores are logits: sigmoid makes probabilities of them */
    size_t max_record; /* bytes of a line, a row, a record */
    const predictions *among; /* the encounters that may occur; NULL: any */
    const labels *codes;      /* the codes that may occur; NULL: any */
} predictions_reader_options;

typedef struct predictions_reader predictions_reader;

/* path "-" is standard input; borrowed, as is p. NULL with the message set. */
predictions_reader *predictions_reader_open(predictions *p, const char *path,
                                            const predictions_reader_options *options);
void predictions_reader_close(predictions_reader *in); /* NULL is fine */

/* Adds what the next row, line or record has: 1; 0: there is no more; -1 with file, line, column and reason,
 * and nothing of it is added. Calls go on behind it, unless predictions_reader_failed(). */
int predictions_reader_read(predictions_reader *in) __attribute__((warn_unused_result));
bool predictions_reader_failed(const predictions_reader *in);

/* A whole file. 0 or -1. */
int predictions_reader_read_all(predictions *p, const char *path, const predictions_reader_options *options);

#endif
