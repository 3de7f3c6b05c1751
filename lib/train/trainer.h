/* SPDX-License-Identifier: Apache-2.0 */
/* Training (sections 3.5 and 5.3). The first phase uses binary cross entropy, until micro-F1 on dev stalls.
 * The second phase starts from the best weights and uses focal loss, until micro-F1 stalls again. The result
 * is the model of the best epoch of the second phase, even if an epoch of the first phase was better on dev.
 * The settings focal-from and keep change this.
 *
 * After every epoch the model folder has the best weights so far, and its folder `checkpoint` has what a
 * resumed run needs. A run that is stopped and resumed gives a bit-identical result. */
#ifndef ECAN_TRAIN_TRAINER_H
#define ECAN_TRAIN_TRAINER_H

#include "base/pool.h"
#include "io/json.h"
#include "train/dataset.h"
#include "train/label_sharing.h"
#include "train/settings.h"

#include <stdbool.h>
#include <stdint.h>

/* The results of an epoch. */
typedef struct trainer_epoch {
    const char *phase;                       /* "bce" or "focal" */
    int epoch;                               /* from 1, counted over both phases */
    double learning_rate;                    /* of the last step; 0 if the rate is constant */
    double gradient_norm;                    /* mean over the steps, before clipping; 0 without clipping */
    double loss;                             /* mean over the training documents and labels */
    double dev_loss;                         /* binary cross entropy */
    double dev_micro_f1;                     /* at the threshold of the model */
    double dev_best_micro_f1, dev_threshold; /* at the best of 0.001, 0.002, ..., 0.999 */
    double words_per_second, seconds;        /* of training; of the epoch, including the evaluation */
    double bytes_per_step; /* sent by a rank in a step since the start, on average; 0: one rank */
    bool best;             /* better than all previous epochs */
} trainer_epoch;

/* Functions that the caller provides. Each may be NULL. */
typedef struct trainer_hooks {
    void *context;
    /* After every step: words done, words of the epoch, mean loss so far. */
    void (*progress)(void *context, uint64_t words, uint64_t of, const char *phase, int epoch, double loss);
    /* After every epoch. */
    void (*epoch)(void *context, const trainer_epoch *e);
    bool (*stop)(void *context); /* after every step; true: save a checkpoint and return */
} trainer_hooks;

/* The parts of a run. All pointers are borrowed. */
typedef struct trainer {
    const train_settings *settings;
    const trainer_hooks *hooks;
    const char *folder; /* model folder */
    const dataset *train, *dev;
    params *p;                    /* initial parameters; trainer_run() loads those of a checkpoint */
    label_sharing *label_sharing; /* NULL: no label sharing */
    const vocab *words;
    const labels *labels;
    const json_t *about; /* further keys for config.json */
    const char *init;    /* the fingerprint of the model that p is from; NULL: none */
    pool *threads;
    bool resume; /* continue from a checkpoint, if one exists */
    bool force;  /* replace an existing model */
} trainer;

/* 1: training ended, or reached stop_after. 0: the hook `stop` stopped it; it can be resumed. -1: error, such
 * as a loss that is not finite, a full disk, or a checkpoint of other data or options. */
int trainer_run(trainer *t);

/* Whether a run may write to this folder: it does not exist, is empty, or is a model folder and resume or
 * force is set. trainer_run() checks it again. 0 or -1. */
int trainer_check_folder(const char *folder, bool resume, bool force);

#endif
