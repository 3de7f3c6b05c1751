/* SPDX-License-Identifier: Apache-2.0 */
/* Finds a threshold for each label: the one that maximises the label's F1 on these encounters, moved
 * towards the common one. The fewer encounters have the label, the further it is moved.
 *
 *     logit t = (n logit t_label + k logit t_common) / (n + k)       n encounters have the label
 * Use dev: on few encounters the best threshold of a label is mostly chance. */
#ifndef ECAN_EVAL_THRESHOLD_SEARCH_H
#define ECAN_EVAL_THRESHOLD_SEARCH_H

#include "eval/roc.h"

/* After roc_finish(), for the rows that r was given. t[L] receives the thresholds, common if no encounter
 * has the label. Thresholds between two successive scores give the same predictions: of such an interval,
 * common is chosen if it is inside, otherwise the middle. Of several intervals with the same F1, the nearest
 * to common is chosen. k: 0 or more. 0 or -1. */
int tune_labels(roc *r, int L, float common, double k, float *t);

#endif
