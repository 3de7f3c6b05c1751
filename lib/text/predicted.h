/* SPDX-License-Identifier: Apache-2.0 */
/* The key `predicted` of scored records (formats/scored.md). */
#ifndef ECAN_TEXT_PREDICTED_H
#define ECAN_TEXT_PREDICTED_H

#include "io/pack.h"
#include "text/labels.h"

/* Packs the labels whose score is above their threshold, best first, ties in order of labels, as a field
 * of a record. scores[L], thresholds[L]; order[L] is scratch. */
void predicted_pack(pack *fields, const labels *l, const float *scores, const float *thresholds,
                    int32_t *order);

#endif
