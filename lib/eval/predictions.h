/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of encounter and code, each with a score: gold codes, or what some system predicts
 * (predictions_reader.h reads them). The pairs of an encounter may come in any order. All are kept: 16 bytes
 * a pair, and about 100 an encounter or a code. */
#ifndef ECAN_EVAL_PREDICTIONS_H
#define ECAN_EVAL_PREDICTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct predictions predictions;

predictions *predictions_new(void);    /* NULL when memory is out */
void predictions_free(predictions *p); /* NULL is fine */

/* What is added from now on comes from this file, for messages. Borrowed. 0 or -1. */
int predictions_source(predictions *p, const char *path);

/* The number of an encounter, which is added where it is new: 0 for the first. -1 when memory is out. */
int32_t predictions_encounter(predictions *p, const char *id, size_t n);
/* Its codes are known, be there any or not. */
void predictions_set_known(predictions *p, int32_t encounter);

/* One pair more; line is where it stands in its file. 0, or -1: no memory, 2^32 pairs. */
int predictions_add(predictions *p, int32_t encounter, const char *code, size_t n, float score,
                    uint64_t line);

/* Encounters and codes are numbered in order of appearance. Names are NUL-ended, borrowed until more are
 * added. */
int32_t predictions_encounters(const predictions *p);
const char *predictions_id(const predictions *p, int32_t encounter);
int32_t predictions_find(const predictions *p, const char *id, size_t n); /* -1: not there */
bool predictions_known(const predictions *p, int32_t encounter);
int32_t predictions_codes(const predictions *p);
const char *predictions_code(const predictions *p, int32_t code);
int32_t predictions_find_code(const predictions *p, const char *code, size_t n);

/* The pairs of an encounter one after the other, as they came; *at is 0 at first. 1: code and score of one;
 * 0: there is no more; -1: a code that was taken before (file and both lines in the message), behind which
 * calls go on. */
int predictions_next(predictions *p, int32_t encounter, uint32_t *at, int32_t *code, float *score);

#endif
