/* SPDX-License-Identifier: Apache-2.0 */
/* The precision-recall curve with as many points as a plot can show.
 *
 *     roc_on_cut(r, curve_cut, &curve);  roc_finish(r, ...);  curve_write(&curve, f);
 * A point is dropped if both its precision and its recall are within CURVE_STEP of the last kept point. So
 * every point of the full curve is that close to a kept point. Of millions of points, a few hundred are
 * kept. */
#ifndef ECAN_EVAL_CURVE_H
#define ECAN_EVAL_CURVE_H

#include "eval/roc.h"

#include <stddef.h>
#include <stdio.h>

#define CURVE_STEP 0.002

/* A zeroed struct is an empty curve. */
typedef struct curve {
    roc_cut *cuts; /* [n] kept; owned */
    size_t n, cap;
    roc_cut last; /* the last one received, kept or not */
} curve;

void curve_release(curve *c);

/* Adds the next cut, from the highest threshold down; context is the curve. 0, or -1 when memory is out. */
roc_cut_fn curve_cut;

/* Writes a header line, then one line per point: threshold, predicted, hits, precision, recall and f1,
 * separated by tabs. The last cut is always included. The caller checks f for errors. */
void curve_write(const curve *c, FILE *f);

#endif
