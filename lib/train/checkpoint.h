/* SPDX-License-Identifier: Apache-2.0 */
/* What resuming needs in addition to the model: the parameters as they are, Adam's moments, and the state of
 * the run. The folder is replaced in one step (io/folder.h). state.json has a hash of each of the other
 * files. */
#ifndef ECAN_TRAIN_CHECKPOINT_H
#define ECAN_TRAIN_CHECKPOINT_H

#include "io/json.h"
#include "train/adam.h"
#include "train/label_sharing.h"

#include <stdbool.h>

/* The tensors of a run, in the files of model_folder/checkpoint. All are borrowed. */
typedef struct checkpoint {
    params *p;                    /* weights.safetensors */
    adam *a;                      /* m.safetensors, v.safetensors; a->t is in state.json */
    params *weight_average;       /* average.safetensors; NULL: none */
    label_sharing *label_sharing; /* kin.safetensors; NULL: none */
} checkpoint;

/* state gets the hashes, as "files". 0 or -1. */
int checkpoint_write(const char *model_folder, const checkpoint *c, json_t *state);

bool checkpoint_exists(const char *model_folder);

/* Whether `checkpoint` is one, or empty, or nothing. 0 or -1. */
int checkpoint_inspect(const char *model_folder);
/* Completes or deletes what a killed writer left. The caller has the lock of the model folder. 0 or -1. */
int checkpoint_recover(const char *model_folder);

/* Its state.json; owned by the caller. NULL with the message set. */
json_t *checkpoint_state(const char *model_folder);
/* Loads the numbers into what c points to, which has their shapes. Files that are not those of the hashes in
 * state are refused. 0 or -1. */
int checkpoint_read(const char *model_folder, const checkpoint *c, const json_t *state);

/* Deletes its files, if there is one. 0 or -1. */
int checkpoint_remove(const char *model_folder);

#endif
