/* What resuming needs beside the model: the parameters as they are, Adam's moments, and where the run stands.
 * A folder that is written beside the old one and takes its place, so there is always a whole one. */
#ifndef ECAN_TRAIN_CHECKPOINT_H
#define ECAN_TRAIN_CHECKPOINT_H

#include "io/json.h"
#include "train/adam.h"

#include <stdbool.h>

/* model_folder/checkpoint: weights.safetensors, m.safetensors, v.safetensors, state.json, and, unless average
 * is NULL, average.safetensors. 0 or -1. */
int checkpoint_write(const char *model_folder, const params *p, const adam *a, const params *average,
                     const json_t *state);

bool checkpoint_exists(const char *model_folder);

/* Its state.json; owned by the caller. NULL with the message set. */
json_t *checkpoint_state(const char *model_folder);
/* Loads the numbers of p, of a and of average (unless it is NULL), which have their shapes; a->t is the
 * state's. 0 or -1. */
int checkpoint_read(const char *model_folder, params *p, adam *a, params *average);

/* Removes it, where there is one. 0 or -1. */
int checkpoint_remove(const char *model_folder);

#endif
