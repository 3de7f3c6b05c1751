/* SPDX-License-Identifier: Apache-2.0 */
/* Figures by group of labels, and by how often a label was in training.
 *
 * A group has figures of two kinds: of its labels, each counted for itself (an encounter's E11.2 is not its
 * E11.9); and of the group as a code of its own, which an encounter has when it has any label of the group:
 * the right chapter is predicted although the code is wrong.
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
    const char *name;     /* "": of the labels that no group was named for. Borrowed */
    summary labels;       /* those of the group, by themselves */
    label_counts as_code; /* the group as a code: encounters */
} breakdown_group;

typedef struct breakdown_total {
    summary as_codes; /* all groups as codes */
    double exact_match, jaccard;
} breakdown_total;

breakdown *breakdown_new(groups *g); /* borrowed. NULL when memory is out */
void breakdown_free(breakdown *b);   /* NULL is fine */

/* 0 or -1. */
int breakdown_add(breakdown *b, const metrics *m, const metrics_encounter *e);
/* Once, after metrics_finish. 0 or -1. */
int breakdown_finish(breakdown *b, const metrics *m);

/* After that: the groups that have a label in the universe, in the order in which they are shown. */
const char *breakdown_by(const breakdown *b); /* groups_by() */
int breakdown_groups(const breakdown *b);
const breakdown_group *breakdown_at(const breakdown *b, int i);
const breakdown_total *breakdown_all(const breakdown *b);

/* The labels that were in training from .. to times. */
typedef struct frequency_bin {
    uint64_t from, to; /* UINT64_MAX: any more */
    summary labels;
} frequency_bin;

/* After metrics_finish: bins[n + 1] for the ascending upper edges edge[n], and for what is above the last. */
void frequency_bins(const metrics *m, const training *t, const int64_t *edge, int n, frequency_bin *bins);

#endif
