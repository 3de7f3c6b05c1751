/* SPDX-License-Identifier: Apache-2.0 */
/* The struct of linear.h. Private to linear*.c. */
#ifndef ECAN_LINEAR_LINEAR_PRIVATE_H
#define ECAN_LINEAR_LINEAR_PRIVATE_H

#include "linear/linear.h"

#include "io/json.h"
#include "io/safetensors.h"
#include "text/vocab.h"

struct linear {
    size_t max_words;
    vocab *words;
    labels *labels;
    json_t *tokenizer; /* NULL if the training set has none */
    unread unread;     /* in training */
    linear_fit fit;    /* with a file, some of its arrays are in the mapping: linear_file_close() */
    char fingerprint[33];
    safetensors file; /* the mapping, if linear_open() made m */
};

/* Closes the file, and removes from m->fit the arrays that are in it. */
void linear_file_close(linear *m);

#endif
