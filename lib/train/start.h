/* SPDX-License-Identifier: Apache-2.0 */
/* The initial model: random parameters, word vectors from a file, biases, and shared parameters of labels. */
#ifndef ECAN_TRAIN_START_H
#define ECAN_TRAIN_START_H

#include "base/pool.h"
#include "model/params.h"
#include "train/inputs.h"
#include "train/label_sharing.h"
#include "train/settings.h"

/* Makes the initial parameters. The word vectors are copied to the embedding and freed in `in`; or the
 * parameters are those of the model in->init, which is closed. 0, or -1: out of memory. Free p with
 * params_free() in both cases. */
int start_params(params *p, inputs *in, const train_settings *s);

/* What hospitals agreed on: the words and codes of a model, and how many of their encounters have each code.
 */
typedef struct agreed {
    const vocab *words;
    const labels *labels;
    const uint64_t *with_label; /* [labels] encounters */
    uint64_t encounters;
} agreed;

/* Makes the initial parameters of a model of these words and codes. The word vectors are those of v, and
 * random for words that v does not have; NULL: all are random, of dimension size. 0, or -1: out of memory.
 * Free p with params_free() in both cases. */
int start_agreed(params *p, const agreed *a, const train_settings *s, const vectors *v, int size);

/* Makes the label sharing of the settings. *on says whether there is any; if so, U and W of p are initialized
 * again, unless they are those of in->init. 0 or -1. Free sharing with label_sharing_free() in both cases. */
int start_label_sharing(label_sharing *sharing, bool *on, params *p, const inputs *in,
                        const train_settings *s, const pool *threads);

#endif
