/* SPDX-License-Identifier: Apache-2.0 */
/* Above which score a label is predicted: one threshold for all, or one a label. In a file
 * (formats/thresholds.md): code, tab, threshold, a line a label. */
#ifndef ECAN_TEXT_THRESHOLDS_H
#define ECAN_TEXT_THRESHOLDS_H

#include "io/pack.h"
#include "io/stream.h"
#include "text/labels.h"

/* t[L] gets the thresholds that the header of a scored stream names, 0.5 where it names none; *common
 * the one for all. 0, or -1: not numbers within 0 and 1, not one a label. */
int thresholds_from_header(const record *header, int32_t L, float *common, float *t);

/* Fields of such a header: `threshold`, and `thresholds` where one differs from it. t is NULL or [L]. */
void thresholds_pack(pack *fields, float common, const float *t, int32_t L);

/* Sets those in t[labels] that the file names. 0, or -1 with path, line and reason: a code that is none of
 * the labels or is there twice, what is not a number within 0 and 1. */
int thresholds_read(const char *path, const labels *l, float *t);

#endif
