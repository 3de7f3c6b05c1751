/* SPDX-License-Identifier: Apache-2.0 */
/* The precision-recall curve with as many points as an eye can tell apart.
 *
 *     roc_on_cut(r, curve_cut, &curve);  roc_finish(r, ...);  curve_write(&curve, f);
 *
 * A point is left out when neither its precision nor its recall is CURVE_STEP from the last one that was
 * kept: every point of the whole curve is as near to one that is there. Some hundreds are left of millions.
 */
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
    roc_cut last; /* that came, kept or not */
} curve;

void curve_release(curve *c);

/* The next cut, from the highest threshold down; context is the curve. 0, or -1 when memory is out. */
roc_cut_fn curve_cut;

/* A line a point: threshold, predicted, hits, precision, recall, f1 between tabs, behind a line of these
 * names. The cut that came last is there. Whether f took it all is for the caller to check. */
void curve_write(const curve *c, FILE *f);

#endif
