/* SPDX-License-Identifier: Apache-2.0 */
/* A combination (combine.h) as the object "terms" of the config.json of a model (formats/model.md). */
#ifndef ECAN_TRAIN_COMBINATION_JSON_H
#define ECAN_TRAIN_COMBINATION_JSON_H

#include "io/json.h"
#include "train/combine.h"

/* Adds the weights and the metrics on dev to an object. */
void combination_to_json(json_t *object, const combination *c);

/* Reads them from the key "terms" of a config.json, about; threshold is 0. 0, or -1 if they are missing. */
int combination_from_json(combination *c, const json_t *about);

#endif
