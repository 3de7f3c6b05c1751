/* SPDX-License-Identifier: Apache-2.0 */
/* What resuming needs beside the model: the parameters as they are, Adam's moments, and where the run stands.
 * A folder that is written beside the old one and takes its place, so there is always a whole one. */
#ifndef ECAN_TRAIN_CHECKPOINT_H
#define ECAN_TRAIN_CHECKPOINT_H

#include "io/json.h"
#include "train/adam.h"
#include "train/label_sharing.h"

#include <stdbool.h>

/* What a run has of numbers, the files of model_folder/checkpoint beside state.json. */
typedef struct checkpoint {
    params *p;                    /* weights.safetensors */
    adam *a;                      /* m.safetensors, v.safetensors; a->t is the state's */
    params *weight_average;       /* average.safetensors; NULL: none */
    label_sharing *label_sharing; /* kin.safetensors; NULL: none */
} checkpoint;

/* 0 or -1. */
int checkpoint_write(const char *model_folder, const checkpoint *c, const json_t *state);

bool checkpoint_exists(const char *model_folder);

/* Its state.json; owned by the caller. NULL with the message set. */
json_t *checkpoint_state(const char *model_folder);
/* Loads the numbers into what c points to, which has their shapes. 0 or -1. */
int checkpoint_read(const char *model_folder, const checkpoint *c);

/* Removes it, where there is one. 0 or -1. */
int checkpoint_remove(const char *model_folder);

#endif
