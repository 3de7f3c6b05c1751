/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a training run. Private to trainer.c, which has the phases and epochs, run_epoch.c (one
 * epoch), run_folder.c (the model folder) and run.c (checkpoints). */
#ifndef ECAN_TRAIN_RUN_H
#define ECAN_TRAIN_RUN_H

#include "train/adam.h"
#include "train/step.h"
#include "train/trainer.h"

/* The state of a run. The checkpoint has all of it. */
typedef struct run {
    trainer *t;
    step *step;
    adam adam;
    params weight_average; /* moving average of t->p (weight_average.h); data is NULL without averaging */
    int32_t *order;        /* [train->n] documents in the order of this epoch */
    const example **batch;

    int phase;       /* 0: binary cross entropy; 1: focal loss */
    int epoch;       /* current epoch, from 1, counted over both phases */
    int phase_epoch; /* the same, counted within the phase */
    size_t position; /* number of documents of the epoch that are done */
    uint64_t steps;  /* number of steps of the run, which is also the number for dropout */
    double loss_sum; /* sum of the losses of the documents of the epoch so far */
    double norm_sum; /* sum of the norms of the gradients of the epoch so far; 0 without clipping */
    double train_seconds, seconds; /* of the epoch so far */
    double best;        /* largest value of the criterion so far; -infinity before the first epoch */
    int stalls;         /* number of epochs since the best */
    json_t *identity;   /* what a resumed run must have in common */
    json_t *best_epoch; /* line of the best epoch in history, or NULL */
    json_t *history;
    json_t *best_model; /* "files" of the config.json of the best weights so far; NULL: unknown */

    double last_checkpoint;
    uint64_t bytes, counted_steps; /* sent by this rank in the steps of this process */
} run;

/* The parameters that are evaluated and written: the average, if there is one. */
static inline params *run_weights(run *r)
{
    return r->weight_average.data ? &r->weight_average : r->t->p;
}

/* The options and data that a resumed run must have in common with the previous one. Owned by the caller.
 * NULL: memory is out. */
json_t *run_identity(const trainer *t);

/* Whether all ranks have the same program, and the same options and data. 0 or -1. */
int run_check_ranks(json_t *identity);

/* Writes a checkpoint: rank 0, with the slices of all. 0 or -1. */
int run_save(run *r);
/* Reads the checkpoint into a run of the same identity. 0 or -1. */
int run_load(run *r);

/* Trains on the documents of the epoch that remain. 1: done; 0: stopped, a checkpoint is written; -1: error.
 */
int run_train_epoch(run *r);
/* Evaluates the epoch, and writes the history and, if it is the best, the model. 0 or -1. */
int run_close_epoch(run *r);
/* Makes the decisions of all ranks one. */
void run_share_decisions(bool *stop, bool *save);
/* Whether the caller's hook asks to stop. */
bool run_asked_to_stop(const run *r);

/* Writes history.jsonl. 0 or -1. */
int run_write_history(const run *r);
/* Writes the model folder with the current weights, and history.jsonl. 0 or -1. */
int run_write_best(run *r);
/* Reads the weights of the best epoch. They are those of the model folder: this run wrote them, or the one it
 * resumes. 0 or -1. */
int run_read_best(run *r);

#endif
