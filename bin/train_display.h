/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of ecan-train on standard error: a progress line, and a line for each data set and epoch. */
#ifndef ECAN_BIN_TRAIN_DISPLAY_H
#define ECAN_BIN_TRAIN_DISPLAY_H

#include "base/progress.h"
#include "train/trainer.h"

typedef struct train_display {
    progress line;                /* ended with progress_end() */
    int epoch;                    /* the epoch of the line */
    int64_t max_epochs;           /* of all phases */
    double start, start_position; /* seconds and epochs at the first call */
    bool quiet;
} train_display;

void train_display_dataset(const char *name, const dataset *d);
/* How many of n spans are used, and why not the others. */
void train_display_spans(const dataset *d, size_t n);

/* Hooks of trainer_run(); context is a train_display. */
void train_display_progress(void *context, uint64_t words, uint64_t of, const char *phase, int epoch,
                            double loss);
void train_display_epoch(void *context, const trainer_epoch *e);

#endif
