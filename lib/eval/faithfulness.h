/* SPDX-License-Identifier: Apache-2.0 */
/* Whether evidence is what the model's decision depends on (DeYoung et al., ERASER, 2020). x are the words of
 * an encounter, e those of the evidence of a predicted code, and p(.) is the probability of the code that the
 * model gives to a list of words:
 *
 *     comprehensiveness  p(x) - p(x without e)    large: without the evidence the code is not predicted
 *     sufficiency        p(x) - p(e)              small or negative: the evidence is enough for the code
 *
 * Both are means over the predicted codes with evidence. For comparison they are also computed for other
 * words in spans of the same lengths: those with the largest attention, and random ones
 * (formats/faithfulness.md). */
#ifndef ECAN_EVAL_FAITHFULNESS_H
#define ECAN_EVAL_FAITHFULNESS_H

#include "base/pool.h"
#include "io/json.h"
#include "io/stream.h"
#include "predict/model_stage.h"

#include <stdint.h>
#include <stdio.h>

typedef enum faithfulness_of {
    FAITHFULNESS_EVIDENCE,
    FAITHFULNESS_ATTENTION,
    FAITHFULNESS_RANDOM,
    FAITHFULNESS_KINDS
} faithfulness_of;

typedef struct faithfulness_results {
    uint64_t encounters, codes, words; /* words: of the evidence, summed over codes */
    struct {
        double comprehensiveness, sufficiency; /* NAN if there are no codes */
    } of[FAITHFULNESS_KINDS];
} faithfulness_results;

typedef struct faithfulness faithfulness;

/* stage: of the model, with its terms, open for pool_size(threads) threads. Both are borrowed. NULL when
 * memory is out. */
faithfulness *faithfulness_new(model_stage *stage, pool *threads);
void faithfulness_free(faithfulness *f); /* NULL is fine */

/* Adds the predicted codes of a line of evidence. words returns the encounter's record with `tokens`, `spans`
 * and `documents`, or NULL with the message set. 0 or -1. */
int faithfulness_add(faithfulness *f, const json_t *line,
                     const record *(*words)(void *context, const char *id), void *context);

faithfulness_results faithfulness_of_all(const faithfulness *f);

/* New reference; NULL when memory is out. */
json_t *faithfulness_json(const faithfulness *f);
/* Writes a table for people. The caller checks the file for errors. */
void faithfulness_table(FILE *file, const faithfulness *f);

#endif
