/* SPDX-License-Identifier: Apache-2.0 */
/* Reads predictions (predictions.h) from several formats (formats/predictions.md). The format is
 * detected from the first bytes:
 *
 *     CSV, tab-separated     a header row, then one row per prediction: id, code and, if present, score
 *     JSON Lines             {"id", "code", "score"}, {"id", "scores": {code: score, ...}},
 *                            {"id", "labels": [code, ...]}
 *     a stream of any kind   id and labels of its records */
#ifndef ECAN_EVAL_PREDICTIONS_READER_H
#define ECAN_EVAL_PREDICTIONS_READER_H

#include "eval/predictions.h"
#include "text/labels.h"

/* Accepted names of a column or key. */
#define PREDICTIONS_ID    "id,hadm_id"
#define PREDICTIONS_CODE  "code,label"
#define PREDICTIONS_SCORE "score,probability"

typedef struct predictions_reader_options {
    const char *id, *code, *score; /* names separated by commas; NULL: as above. Borrowed */
    bool gold;   /* true: gold codes (labels, streams), a score is ignored; false: predictions with scores */
    bool logits; /* scores are logits; the sigmoid turns them into probabilities */
    size_t max_record;        /* maximum bytes of a line, a row, a record */
    const predictions *among; /* allowed encounters; NULL: any */
    const labels *codes;      /* allowed codes; NULL: any */
} predictions_reader_options;

typedef struct predictions_reader predictions_reader;

/* path "-" is standard input. path and p are borrowed. NULL with the message set. */
predictions_reader *predictions_reader_open(predictions *p, const char *path,
                                            const predictions_reader_options *options);
void predictions_reader_close(predictions_reader *in); /* in may be NULL */

/* Adds the next row, line or record. 1: added. 0: no more. -1 with file, line, column and reason: nothing
 * of it is added. Reading can continue unless predictions_reader_failed(). */
int predictions_reader_read(predictions_reader *in) __attribute__((warn_unused_result));
bool predictions_reader_failed(const predictions_reader *in);

/* Reads a whole file. 0 or -1. */
int predictions_reader_read_all(predictions *p, const char *path, const predictions_reader_options *options);

#endif
