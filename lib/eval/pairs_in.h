/* Reads pairs of encounter and code from any file that has them (formats/predictions.md), told apart by how
 * it begins:
 *
 *     CSV, tab-separated     a header row, then a row a pair: id, code and, where there is one, score
 *     JSON Lines             {"id", "code", "score"}, {"id", "scores": {code: score, ...}}, {"id", "labels":
 * [code, ...]} a stream of any kind   id and labels of its records */
#ifndef ECAN_EVAL_PAIRS_IN_H
#define ECAN_EVAL_PAIRS_IN_H

#include "eval/pairs.h"
#include "text/labels.h"

/* Names that a column or key may have. */
#define PAIRS_ID    "id,hadm_id"
#define PAIRS_CODE  "code,label"
#define PAIRS_SCORE "score,probability"

typedef struct pairs_in_options {
    const char *id, *code, *score; /* names, a comma between two; NULL: as above. Borrowed */
    bool gold;           /* gold codes: labels, streams; a score is passed over. Else predictions: scores */
    bool logits;         /* scores are logits: sigmoid makes probabilities of them */
    size_t max_record;   /* bytes of a line, a row, a record */
    const pairs *among;  /* the encounters that may occur; NULL: any */
    const labels *codes; /* the codes that may occur; NULL: any */
} pairs_in_options;

typedef struct pairs_in pairs_in;

/* path "-" is standard input; borrowed, as is p. NULL with the message set. */
pairs_in *pairs_open(pairs *p, const char *path, const pairs_in_options *options);
void pairs_close(pairs_in *in); /* NULL is fine */

/* Adds what the next row, line or record has: 1; 0: there is no more; -1 with file, line, column and reason,
 * and nothing of it is added. Calls go on behind it, unless pairs_failed(). */
int pairs_read(pairs_in *in) __attribute__((warn_unused_result));
bool pairs_failed(const pairs_in *in);

/* A whole file. 0 or -1. */
int pairs_read_all(pairs *p, const char *path, const pairs_in_options *options);

#endif
