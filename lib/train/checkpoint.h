/* SPDX-License-Identifier: Apache-2.0 */
/* A checkpoint: the data that a resumed run needs in addition to the model. These are the current parameters,
 * the moments of Adam and the state of the run. A checkpoint is written to a new folder, which then replaces
 * the old one, so a complete checkpoint exists at any time. */
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

/* Writes a checkpoint with this state.json. 0 or -1. After an error the previous checkpoint is unchanged. */
int checkpoint_write(const char *model_folder, const checkpoint *c, const json_t *state);

bool checkpoint_exists(const char *model_folder);

/* The contents of state.json, owned by the caller. NULL with a message. */
json_t *checkpoint_state(const char *model_folder);
/* Loads the tensors into c, whose members have the expected shapes. 0 or -1. */
int checkpoint_read(const char *model_folder, const checkpoint *c);

/* Removes the checkpoint, if one exists. 0 or -1. */
int checkpoint_remove(const char *model_folder);

#endif
