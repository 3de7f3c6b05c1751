/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of training: word vectors, the datasets for training and evaluation, and descriptions of codes.
 */
#ifndef ECAN_TRAIN_INPUTS_H
#define ECAN_TRAIN_INPUTS_H

#include "io/vectors.h"
#include "text/labels.h"
#include "text/vocab.h"
#include "train/dataset.h"
#include "train/input_faults.h"
#include "train/settings.h"

typedef struct input_files {
    const char *train, *dev, *vectors;
    const char *labels; /* codes with descriptions, or NULL */
} input_files;

typedef struct inputs {
    vectors vectors; /* the contents of the file */
    vocab *words;    /* the words of the vectors, in their order */
    labels
        *labels; /* the codes of train (and, with all_labels, of the descriptions), sorted by their bytes */
    dataset train, dev;
    input_faults faults;
} inputs;

/* Reads and checks all inputs. 0, or -1 with the path in the message. Free in with inputs_free() in both
 * cases. */
int inputs_read(inputs *in, const input_files *files, const train_settings *s);
void inputs_free(inputs *in);

#endif
