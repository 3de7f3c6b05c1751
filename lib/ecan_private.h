/* SPDX-License-Identifier: Apache-2.0 */
/* Internal declarations of lib/ecan*.c: the structs to which the pointers of ecan.h point. */
#ifndef ECAN_PRIVATE_H
#define ECAN_PRIVATE_H

#include "ecan.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "ensemble/ensemble.h"
#include "eval/evidence.h"
#include "predict/model_stage.h"
#include "text/encounter.h"

#include <pthread.h>
#include <stdatomic.h>

struct ecan_model {
    ensemble opened; /* a model is an ensemble of one part */
    tokenizer *tokenizer;
    notes_rules *rules;
    atomic_int users; /* 1 while it is open, plus the number of its predictors */
};

struct ecan_predictor {
    ecan_model *model;
    pool *threads;
    model_stage stage;        /* of the model, or of the first of an ensemble, which has the evidence */
    ensemble_stage *ensemble; /* NULL: a model */
    explainer *explainer;
    char *asked; /* options.codes */

    encounter encounter;
    buf line;   /* JSON, which parsing overwrites */
    pack added; /* fields that the model adds to the record */
    pack all;   /* those of the record with them */
    record tokens, scored;
    evidence evidence;
    buf scratch;

    bool has_result;
    const float *scores; /* [L], in scored or scratch */
    ecan_code *codes;
    ecan_passage *passages;
    size_t n_codes, codes_room, passages_room;
    char *json;

    /* One thread predicts; the others join its loops. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int result;
    err_class class; /* class and message of the error, in whichever thread it occurred */
    buf why;
};

static inline const ensemble_part *first_part(const ecan_model *m)
{
    return &m->opened.part[0];
}

/* The status of the last error in this thread. */
static inline ecan_status failed(void)
{
    static const ecan_status status[] = {[ERR_INPUT] = ECAN_ERROR_INPUT,
                                         [ERR_IO] = ECAN_ERROR_IO,
                                         [ERR_MEMORY] = ECAN_ERROR_MEMORY,
                                         [ERR_MODEL] = ECAN_ERROR_MODEL};
    return status[err_get_class()];
}

#endif
