/* SPDX-License-Identifier: Apache-2.0 */
/* What a run of training reads: word vectors, encounters to train on and to evaluate on, descriptions of
 * codes. */
#ifndef ECAN_TRAIN_INPUTS_H
#define ECAN_TRAIN_INPUTS_H

#include "io/vectors.h"
#include "text/labels.h"
#include "text/vocab.h"
#include "train/dataset.h"
#include "train/settings.h"

typedef struct input_files {
    const char *train, *dev, *vectors;
    const char *labels; /* descriptions of codes, or NULL */
} input_files;

typedef struct inputs {
    vectors vectors; /* words and numbers as in the file */
    vocab *words;    /* the words of the vectors, in their order */
    labels
        *labels; /* the codes of train (and, with all_labels, of the descriptions), sorted by their bytes */
    dataset train, dev;
} inputs;

/* Reads and checks all of them. 0, or -1 naming the file; freed with inputs_free() in both cases. */
int inputs_read(inputs *in, const input_files *files, const train_settings *s);
void inputs_free(inputs *in);

#endif
