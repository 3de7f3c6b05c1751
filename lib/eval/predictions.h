/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of encounters, each with a score: gold codes, or the predictions of a system (predictions_reader.h
 * reads them). Both are called predictions here. The predictions of an encounter may come in any order.
 * All are kept: 16 bytes per prediction, and about 100 per encounter or code. */
#ifndef ECAN_EVAL_PREDICTIONS_H
#define ECAN_EVAL_PREDICTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct predictions predictions;

predictions *predictions_new(void);    /* NULL when memory is out */
void predictions_free(predictions *p); /* p may be NULL */

/* Names the file that later additions come from, for messages. Borrowed. 0 or -1. */
int predictions_source(predictions *p, const char *path);

/* The number of an encounter, starting at 0. A new encounter is added. -1 when memory is out. */
int32_t predictions_encounter(predictions *p, const char *id, size_t n);
/* Records that its codes are known, even if it has none. */
void predictions_set_known(predictions *p, int32_t encounter);

/* Adds one prediction; line is its line in the file. 0, or -1: no memory, or 2^32 predictions. */
int predictions_add(predictions *p, int32_t encounter, const char *code, size_t n, float score,
                    uint64_t line);

/* Encounters and codes are numbered in order of appearance. Names are NUL-terminated and borrowed until
 * more are added. */
int32_t predictions_encounters(const predictions *p);
const char *predictions_id(const predictions *p, int32_t encounter);
int32_t predictions_find(const predictions *p, const char *id, size_t n); /* -1: not found */
bool predictions_known(const predictions *p, int32_t encounter);
int32_t predictions_codes(const predictions *p);
const char *predictions_code(const predictions *p, int32_t code);
int32_t predictions_find_code(const predictions *p, const char *code, size_t n);

/* Iterates over the predictions of an encounter in order of addition; *at is 0 at first. 1: code and score
 * of one. 0: no more. -1: a duplicate code (the message has the file and both lines); the iteration can
 * continue. */
int predictions_next(predictions *p, int32_t encounter, uint32_t *at, int32_t *code, float *score);

#endif
