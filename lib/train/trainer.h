/* SPDX-License-Identifier: Apache-2.0 */
/* Training (sections 3.5 and 5.3): first with binary cross entropy until dev micro-F1 stalls, then, from the
 * best weights, with focal loss until it stalls again. The best epoch of the focal phase gives the model,
 * even where an epoch of the first phase was better on dev; settings change both (--focal-from, --keep).
 *
 * After every epoch the model folder holds the best weights so far, and its `checkpoint` folder all that
 * going on needs; a run that was stopped anywhere and resumed ends with the same bytes as one that was not.
 */
#ifndef ECAN_TRAIN_TRAINER_H
#define ECAN_TRAIN_TRAINER_H

#include "base/pool.h"
#include "io/json.h"
#include "train/dataset.h"
#include "train/label_sharing.h"
#include "train/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* How an epoch ended. */
typedef struct trainer_epoch {
    const char *phase;                       /* "bce" or "focal" */
    int epoch;                               /* from 1, counted through both phases */
    double learning_rate;                    /* of its last step, where it changes; else 0 */
    double gradient_norm;                    /* mean over its steps, before clipping; 0 without */
    double loss;                             /* mean over the epoch's training documents and labels */
    double dev_loss;                         /* binary cross entropy */
    double dev_micro_f1;                     /* at the model's threshold */
    double dev_best_micro_f1, dev_threshold; /* at the best of 0.001, 0.002, ..., 0.999 */
    double words_per_second, seconds;        /* of training; of the epoch, dev counted */
    bool best;                               /* better than all before */
} trainer_epoch;

/* What the caller wants to know. All may be NULL. */
typedef struct trainer_hooks {
    void *context;
    void (*progress)(void *context, uint64_t words, uint64_t of, const char *phase, int epoch, double loss);
    void (*epoch)(void *context, const trainer_epoch *e);
    bool (*stop)(void *context); /* true: save a checkpoint and end */
} trainer_hooks;

typedef struct trainer {
    const train_settings *settings;
    const trainer_hooks *hooks;
    const char *folder; /* the model's */
    const dataset *train, *dev;
    params *p;                    /* started, or from the checkpoint by trainer_run */
    label_sharing *label_sharing; /* what labels learn together; NULL: each alone */
    const vocab *words;
    const labels *labels;
    const json_t *about; /* further keys for config.json: tokenizer, preset, ... */
    pool *threads;
    bool resume;
} trainer;

/* 1: trained to the end, or to stop_after; 0: stopped by the hook, to be resumed; -1 with the message set:
 * numbers that are not finite, a full disk, a checkpoint of other data or other options. */
int trainer_run(trainer *t);

#endif
