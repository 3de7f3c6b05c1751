/* SPDX-License-Identifier: Apache-2.0 */
/* The model as training starts it: random parameters, word vectors from a file, biases, and what labels
 * share. */
#ifndef ECAN_TRAIN_START_H
#define ECAN_TRAIN_START_H

#include "base/pool.h"
#include "model/params.h"
#include "train/inputs.h"
#include "train/label_sharing.h"
#include "train/settings.h"

/* The initial parameters for these inputs, whose vectors are freed: the embedding has them now. 0 or -1;
 * freed with params_free() in both cases. */
int start_params(params *p, inputs *in, const train_settings *s);

/* Label sharing as the settings say: *on tells whether there is any, and the parameters then start anew in U
 * and W. 0 or -1; freed with label_sharing_free() in both cases. */
int start_label_sharing(label_sharing *sharing, bool *on, params *p, const inputs *in,
                        const train_settings *s, const pool *threads);

#endif
