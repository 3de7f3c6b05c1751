/* SPDX-License-Identifier: Apache-2.0 */
/* The threshold above which a label is predicted: one for all labels, or one for each. A file
 * (formats/thresholds.md) has one label per line: code, tab, threshold. */
#ifndef ECAN_TEXT_THRESHOLDS_H
#define ECAN_TEXT_THRESHOLDS_H

#include "io/pack.h"
#include "io/stream.h"
#include "text/labels.h"

/* Fills t[L] with the thresholds in the header of a scored stream, 0.5 if it has none. *common is the
 * threshold for all labels. Returns 0, or -1 if they are not numbers within 0 and 1, or their number is
 * not L. */
int thresholds_from_header(const record *header, int32_t L, float *common, float *t);

/* Packs the header fields `threshold`, and `thresholds` if one differs from it. t is NULL or [L]. */
void thresholds_pack(pack *fields, float common, const float *t, int32_t L);

/* Sets the thresholds in t[labels] that the file contains. Returns 0, or -1 with path, line and reason:
 * the code is unknown or a duplicate, or the threshold is not a number within 0 and 1. */
int thresholds_read(const char *path, const labels *l, float *t);

#endif
