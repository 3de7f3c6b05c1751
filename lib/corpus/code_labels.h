/* SPDX-License-Identifier: Apache-2.0 */
/* Makes labels.tsv from tables of codes: with all codes that are valid for coding, or with those that
 * encounters have. */
#ifndef ECAN_CORPUS_CODE_LABELS_H
#define ECAN_CORPUS_CODE_LABELS_H

#include "base/map.h"
#include "corpus/code_table.h"
#include "text/labels.h"

/* Adds the codes of the encounters of a file (JSON Lines) to used. 0, or -1 with file and line. */
int code_labels_used(map *used, const char *path);

typedef struct code_labels_counts {
    int32_t headings; /* codes that were left out because they are not valid for coding */
    map *missing;     /* codes of encounters that are in no table; they have no description */
} code_labels_counts;

/* If used is NULL: the codes of the tables in their order, with points as given. Otherwise the codes in
 * used, unchanged and sorted by their bytes. NULL with the message set. The caller frees counts->missing. */
labels *code_labels_make(const code_table *t, const map *used, code_points points,
                         code_labels_counts *counts);

#endif
