/* SPDX-License-Identifier: Apache-2.0 */
/* labels.tsv from tables of codes: all codes that are valid for coding, or those that encounters have. */
#ifndef ECAN_CORPUS_CODE_LABELS_H
#define ECAN_CORPUS_CODE_LABELS_H

#include "base/map.h"
#include "corpus/code_table.h"
#include "text/labels.h"

/* The codes of the encounters of a file (JSON Lines), added to used. 0, or -1 with file and line. */
int code_labels_used(map *used, const char *path);

typedef struct code_labels_counts {
    int32_t headings; /* left out: they are not valid for coding */
    map *missing;     /* codes of encounters that no table has; they have no description */
} code_labels_counts;

/* used NULL: the codes of the tables in their order, with their points as wanted. Otherwise the codes used,
 * in the order of their bytes, as they are. NULL with the message set; counts->missing is owned by the
 * caller. */
labels *code_labels_make(const code_table *t, const map *used, code_points points,
                         code_labels_counts *counts);

#endif
