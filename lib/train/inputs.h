/* SPDX-License-Identifier: Apache-2.0 */
/* The inputs of training: word vectors, the datasets for training and evaluation, and descriptions of codes.
 */
#ifndef ECAN_TRAIN_INPUTS_H
#define ECAN_TRAIN_INPUTS_H

#include "io/vectors.h"
#include "model/model.h"
#include "text/labels.h"
#include "text/vocab.h"
#include "train/dataset.h"
#include "train/input_faults.h"
#include "train/settings.h"

typedef struct input_files {
    const char *train, *dev;
    const char *vectors; /* NULL if there is init */
    const char *labels;  /* codes with descriptions, or NULL */
    const char *spans;   /* files of spans that coders marked in train, separated by commas; or NULL */
    const char *init; /* model folder whose parameters, words and codes are those of the start; NULL: none */
} input_files;

typedef struct inputs {
    vectors vectors;                    /* the contents of the file */
    model init;                         /* open if files->init is set */
    char init_fingerprint[FOLDER_HASH]; /* its fingerprint, or "" */
    vocab *words;                       /* the words of the vectors or of init, in their order */
    labels *labels; /* the codes of init; or those of train (and, with all_labels, of the descriptions),
                       sorted by their bytes */
    dataset train, dev;
    size_t spans; /* number of spans in the files */
    input_faults faults;
} inputs;

/* Reads and checks all inputs. With init, the settings of the shape of the network become those of the model.
 * 0, or -1 with the path in the message. Free in with inputs_free() in both cases. */
int inputs_read(inputs *in, const input_files *files, train_settings *s);
void inputs_free(inputs *in);

#endif
