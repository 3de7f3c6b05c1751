/* Pairs of encounter and code, each with a score: gold codes, or what some system predicts (pairs_in.h reads
 * them). The pairs of an encounter may come in any order. All are kept: 16 bytes a pair, and about 100 an
 * encounter or a code. */
#ifndef ECAN_EVAL_PAIRS_H
#define ECAN_EVAL_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct pairs pairs;

pairs *pairs_new(void);    /* NULL when memory is out */
void pairs_free(pairs *p); /* NULL is fine */

/* What is added from now on comes from this file, for messages. Borrowed. 0 or -1. */
int pairs_source(pairs *p, const char *path);

/* The number of an encounter, which is added where it is new: 0 for the first. -1 when memory is out. */
int32_t pairs_encounter(pairs *p, const char *id, size_t n);
/* Its codes are known, be there any or not. */
void pairs_set_known(pairs *p, int32_t encounter);

/* One pair more; line is where it stands in its file. 0, or -1: no memory, 2^32 pairs. */
int pairs_add(pairs *p, int32_t encounter, const char *code, size_t n, float score, uint64_t line);

/* Encounters and codes are numbered in order of appearance. Names are NUL-ended, borrowed until more are
 * added. */
int32_t pairs_encounters(const pairs *p);
const char *pairs_id(const pairs *p, int32_t encounter);
int32_t pairs_find(const pairs *p, const char *id, size_t n); /* -1: not there */
bool pairs_known(const pairs *p, int32_t encounter);
int32_t pairs_codes(const pairs *p);
const char *pairs_code(const pairs *p, int32_t code);
int32_t pairs_find_code(const pairs *p, const char *code, size_t n);

/* The pairs of an encounter one after the other, as they came; *at is 0 at first. 1: code and score of one;
 * 0: there is no more; -1: a code that was taken before (file and both lines in the message), behind which
 * calls go on. */
int pairs_take(pairs *p, int32_t encounter, uint32_t *at, int32_t *code, float *score);

#endif
