/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs that some system predicted as a scored stream (formats/scored.md): one record for each encounter that
 * has gold, in the order of the gold. A pair that was not predicted has the score 0. */
#ifndef ECAN_EVAL_IMPORT_H
#define ECAN_EVAL_IMPORT_H

#include "eval/predictions.h"
#include "io/pack.h"
#include "text/labels.h"

typedef struct import import;

/* universe: the labels in their order, all of those predicted among them; NULL: the codes predicted, in order
 * of their bytes. All is borrowed. NULL when memory is out. */
import *import_new(predictions *gold, predictions *predicted, const labels *universe, float threshold);
void import_free(import *m); /* NULL is fine */

/* Fields of the header: labels and threshold. 0 or -1. */
int import_header(const import *m, pack *fields);

/* Fields of the record of an encounter of the gold: id, labels where they are known, scores, predicted. Of a
 * code that was predicted twice the first counts. *found: whether anything was predicted for it. 0 or -1. */
int import_record(import *m, int32_t encounter, pack *fields, bool *found);

#endif
