/* SPDX-License-Identifier: Apache-2.0 */
/* The words of an encounter as lists of which some are left out, and spans of them; used by faithfulness.c.
 */
#ifndef ECAN_EVAL_FAITHFULNESS_WORDS_H
#define ECAN_EVAL_FAITHFULNESS_WORDS_H

#include "base/map.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/stream.h"
#include "text/gold_spans.h"

#include <stdint.h>

typedef struct encounter_words {
    const record *r;      /* borrowed */
    const int32_t *spans; /* [T][3], borrowed from r or scratch */
    const int32_t *ids;   /* [read], of the words that the model reads */
    size_t T, read;
    field *tokens; /* [T] the strings, with their bytes; borrowed from r */
    size_t tokens_cap;
    map *notes; /* ids of the notes */
    buf scratch, id_scratch;
} encounter_words;
void encounter_words_free(encounter_words *x);

/* Reads tokens, spans and documents of the record, which must have all notes of the line. 0 or -1. */
int encounter_words_read(encounter_words *x, const record *r, const gold_spans *line);

/* Reads the ids of a scored record, which is borrowed. 0 or -1. */
int encounter_words_ids(encounter_words *x, const record *scored);

/* Packs the fields of a tokens record with the words t for which keep[t] == value; keep NULL: all. 0, or -1
 * when memory is out. */
int encounter_words_pack(pack *p, const encounter_words *x, const unsigned char *keep, unsigned char value);

/* chosen[T] = 1 for the words that a span of the code covers, else 0. Returns their number. */
uint64_t encounter_words_choose(unsigned char *chosen, const encounter_words *x, const gold_spans *line,
                                int32_t code);

/* Sets chosen[T] to spans of the lengths of the runs of 1 in evidence[T], the longest first: at the place
 * with the largest sum of weights that is free, or at a random free place among the words that the model
 * reads. A length for which no place is free is left out. is_free[T] is scratch memory. */
void spans_of_most(unsigned char *chosen, unsigned char *is_free, const unsigned char *evidence,
                   const float *weights, const encounter_words *x);
void spans_at_random(unsigned char *chosen, unsigned char *is_free, const unsigned char *evidence,
                     rng *random, const encounter_words *x);

#endif
