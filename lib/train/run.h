/* SPDX-License-Identifier: Apache-2.0 */
/* A run of training: where it stands, and how that is kept in a checkpoint. Between trainer.c and run.c
 * alone. */
#ifndef ECAN_TRAIN_RUN_H
#define ECAN_TRAIN_RUN_H

#include "train/adam.h"
#include "train/step.h"
#include "train/trainer.h"

/* Where a run stands; all of it is in a checkpoint's state.json. */
typedef struct run {
    trainer *t;
    step *step;
    adam adam;
    params weight_average; /* the moving average of t->p (average.h); no data where there is none */
    int32_t *order;        /* [train->n] this epoch's */
    const example **batch;

    int phase;                     /* index in phases */
    int epoch;                     /* the one under way, from 1, through both phases */
    int phase_epoch;               /* the same within its phase */
    size_t position;               /* documents of the epoch that are done */
    uint64_t steps;                /* taken in all: numbers the dropout's draws */
    double loss_sum;               /* of the epoch so far, a document's loss each */
    double norm_sum;               /* of the epoch so far, a step's gradient each; with clipping */
    double train_seconds, seconds; /* of the epoch so far */
    double best;                   /* the criterion's figure, the larger the better; -inf at first */
    int stalls;                    /* epochs since */
    json_t *identity;              /* what a resumed run must share */
    json_t *best_epoch;            /* its history line; NULL at first */
    json_t *history;

    double last_checkpoint;
} run;

/* The parameters that are evaluated and written: the average, where there is one. */
static inline params *run_weights(run *r)
{
    return r->weight_average.data ? &r->weight_average : r->t->p;
}

/* What a resumed run must share with the one before it: options and data. Owned by the caller. */
json_t *run_identity(const trainer *t);

/* Writes a checkpoint of the run; reads it back into one that has its identity. 0 or -1. */
int run_save(run *r);
int run_load(run *r);

#endif
