/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the predictions of another system as a scored stream (formats/scored.md): one record for each
 * encounter that has gold codes, in the order of the gold codes. A code that was not predicted has the
 * score 0. */
#ifndef ECAN_EVAL_IMPORT_H
#define ECAN_EVAL_IMPORT_H

#include "eval/predictions.h"
#include "io/pack.h"
#include "text/labels.h"

typedef struct import import;

/* universe: the labels in order, including all that were predicted; NULL: the predicted codes, sorted by
 * their bytes. All is borrowed. NULL when memory is out. */
import *import_new(predictions *gold, predictions *predicted, const labels *universe, float threshold);
void import_free(import *m); /* m may be NULL */

/* Writes the fields of the header: labels and threshold. 0 or -1. */
int import_header(const import *m, pack *fields);

/* Writes the fields of the record of an encounter of the gold: id, labels if they are known, scores,
 * predicted. If a code was predicted twice, the first prediction counts. *found: whether any prediction
 * exists for it. 0 or -1. */
int import_record(import *m, int32_t encounter, pack *fields, bool *found);

#endif
