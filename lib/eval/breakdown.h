/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics by group of labels, and by how often a label was in training.
 * A group has two kinds of metrics. One is of its labels, each counted separately: E11.2 and E11.9 are
 * different labels. The other is of the group as a single code. An encounter has it if it has any label
 * of the group. So a prediction of the right chapter counts although its code is wrong.
 *
 *     breakdown *b = breakdown_new(groups);
 *     breakdown_add(b, m, encounter) for each (metrics_options.on_encounter);  breakdown_finish(b, m) */
#ifndef ECAN_EVAL_BREAKDOWN_H
#define ECAN_EVAL_BREAKDOWN_H

#include "eval/groups.h"
#include "eval/metrics.h"
#include "eval/summary.h"
#include "eval/training.h"

typedef struct breakdown breakdown;

typedef struct breakdown_group {
    const char *name;     /* "" for the labels without a named group. Borrowed */
    summary labels;       /* the labels of the group, each counted separately */
    label_counts as_code; /* the group as a code: numbers of encounters */
} breakdown_group;

typedef struct breakdown_total {
    summary as_codes; /* all groups as codes */
    double exact_match, jaccard;
} breakdown_total;

breakdown *breakdown_new(groups *g); /* Borrows g. NULL when memory is out */
void breakdown_free(breakdown *b);   /* b may be NULL */

/* 0 or -1. */
int breakdown_add(breakdown *b, const metrics *m, const metrics_encounter *e);
/* Call once, after metrics_finish. 0 or -1. */
int breakdown_finish(breakdown *b, const metrics *m);

/* After breakdown_finish: the groups that have a label in the universe, in the order in which they are
 * shown. */
const char *breakdown_by(const breakdown *b); /* groups_by() */
int breakdown_groups(const breakdown *b);
const breakdown_group *breakdown_at(const breakdown *b, int i);
const breakdown_total *breakdown_all(const breakdown *b);

/* The labels that occur from .. to times in training. */
typedef struct frequency_bin {
    uint64_t from, to; /* UINT64_MAX: no upper limit */
    summary labels;
} frequency_bin;

/* After metrics_finish: fills bins[n + 1] for the ascending upper edges edge[n]; the last bin is for more
 * than edge[n - 1]. */
void frequency_bins(const metrics *m, const training *t, const int64_t *edge, int n, frequency_bin *bins);

#endif
