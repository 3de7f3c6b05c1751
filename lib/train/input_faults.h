/* SPDX-License-Identifier: Apache-2.0 */
/* Things in the inputs of training that are valid but are probably mistakes. */
#ifndef ECAN_TRAIN_INPUT_FAULTS_H
#define ECAN_TRAIN_INPUT_FAULTS_H

#include "text/labels.h"
#include "train/dataset.h"

/* The number of codes with a fault, the first of them, and, where two codes are too similar, the other. */
typedef struct code_fault {
    int32_t n;
    char *a, *b; /* owned; NULL: none */
} code_fault;

typedef struct input_faults {
    code_fault blanks;      /* codes of train that begin or end with a blank */
    code_fault lists;       /* codes of train that are lists of codes: "I10,J18.9" */
    code_fault similar;     /* codes of train that differ from another one only in points, case or blanks */
    code_fault unknown;     /* codes of dev that train has only with other points, case or blanks */
    code_fault undescribed; /* codes of train that the descriptions have only with others */
    int32_t codes, listed;  /* codes of train; those that the file of descriptions has, */
    int32_t described;      /* those with a description; all 0 without a file */
    size_t in_both;         /* encounters of dev that train has too, by their id or their text */
    char *first_in_both;    /* the id of the first of them; owned; NULL: none */
} input_faults;

/* Each fills in its members of f, which is zeroed at first. 0, or -1: out of memory. */
int input_faults_labels(input_faults *f, const labels *train);
int input_faults_descriptions(input_faults *f, const labels *train, const labels *described);
int input_faults_dev(input_faults *f, const dataset *train, const dataset *dev, const labels *l);
void input_faults_free(input_faults *f);

#endif
