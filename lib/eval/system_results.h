/* SPDX-License-Identifier: Apache-2.0 */
/* Predictions of several systems for the same encounters. Of each encounter only the counts are kept that
 * the metrics of any selection of encounters need (resample.h selects them).
 *
 *     system_results *o = system_results_new(&options);
 *     for each system, with metrics m that call system_results_add(o, ...) for each encounter:
 *         system_results_begin(o, name, m);  metrics_add(m, ...);  system_results_end(o, L)
 *     system_results_finish(o)
 * Encounters are matched by id, in any order, and are sorted by id afterwards, so nothing depends on the
 * order of a file. The universe of labels is the union of the systems' labels and the gold codes.
 * Memory: an encounter needs 100 to 150 bytes, its id, 4 bytes per gold code, and for each system 24
 * bytes, 4 per value of k and 4 per predicted code. It grows with the number of encounters and not with L.
 */
#ifndef ECAN_EVAL_SYSTEM_RESULTS_H
#define ECAN_EVAL_SYSTEM_RESULTS_H

#include "eval/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct system_results_options {
    int n_at;
    int at[METRICS_AT]; /* k of precision and recall at k */
    bool known_only;    /* ignore gold codes that no system has a label for */
    bool common;        /* true: ignore encounters that a system lacks; false: they are an error */
} system_results_options;

typedef struct system_results system_results;

system_results *
system_results_new(const system_results_options *options); /* options are copied. NULL when memory is out */
void system_results_free(system_results *o);               /* o may be NULL */

/* Starts another system, whose labels are those of m. name is for messages. Both are borrowed, m until
 * system_results_end. 0 or -1. */
int system_results_begin(system_results *o, const char *name, const metrics *m);
/* Ends a system; its model has L labels. 0 or -1. */
int system_results_end(system_results *o, int L);

/* An on_encounter of metrics.h; context is the system_results. -1: the first system lacks this encounter,
 * or has it with different gold codes, or memory is out. */
int system_results_add(void *context, const metrics_encounter *e);

/* Matches the systems. 0, or -1: a system lacks an encounter of the first system, or memory is out. */
int system_results_finish(system_results *o);

/* ---- after system_results_finish ---- */

int system_results_systems(const system_results *o);
int32_t system_results_encounters(const system_results *o); /* that every system has */
int32_t system_results_left_out(const system_results *o);   /* encounters that some system lacks */
int32_t system_results_labels(const system_results *o);     /* the universe */

#endif
