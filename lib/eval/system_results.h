/* SPDX-License-Identifier: Apache-2.0 */
/* What systems predicted for the same encounters: of each encounter only what the figures of any choice of
 * encounters need (resample.h makes such choices).
 *
 *     system_results *o = system_results_new(&options);
 *     for each system, with metrics m that call system_results_add(o, ...) for each encounter:
 *         system_results_begin(o, name, m);  metrics_add(m, ...);  system_results_end(o, L)
 *     system_results_finish(o)
 *
 * Encounters are matched by id, in whatever order they come, and afterwards are in order of their ids, so
 * that nothing depends on the order of a file. The universe of labels is the union of the systems' labels and
 * the gold codes.
 *
 * Memory: an encounter takes 100 to 150 bytes, its id, 4 bytes a gold code, and for each system 24 bytes, 4 a
 * value of k and 4 a predicted code. It grows with the encounters and not with L. */
#ifndef ECAN_EVAL_SYSTEM_RESULTS_H
#define ECAN_EVAL_SYSTEM_RESULTS_H

#include "eval/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct system_results_options {
    int n_at;
    int at[METRICS_AT]; /* k of precision and recall at k */
    bool known_only;    /* gold codes that no system has a label for are left out */
    bool common;        /* encounters that a system lacks are left out; else they are refused */
} system_results_options;

typedef struct system_results system_results;

system_results *
system_results_new(const system_results_options *options); /* copied. NULL when memory is out */
void system_results_free(system_results *o);               /* NULL is fine */

/* The encounters to come are those of another system, whose labels are m's. name is for messages; both are
 * borrowed, m until system_results_end. 0 or -1. */
int system_results_begin(system_results *o, const char *name, const metrics *m);
/* The system has been read; its model has L labels. 0 or -1. */
int system_results_end(system_results *o, int L);

/* An on_encounter of metrics.h; context is the system_results. -1: the first system has not got this
 * encounter, or has it with other gold codes, or memory is out. */
int system_results_add(void *context, const metrics_encounter *e);

/* Matches the systems. 0, or -1: an encounter of the first system is not in every other one, or memory is
 * out. */
int system_results_finish(system_results *o);

/* ---- after system_results_finish ---- */

int system_results_systems(const system_results *o);
int32_t system_results_encounters(const system_results *o); /* that every system has */
int32_t system_results_left_out(const system_results *o);   /* encounters that some system lacks */
int32_t system_results_labels(const system_results *o);     /* the universe */

/* Figures have numbers, 0 .. system_results_metrics()-1: those of formats/metrics.md whose key, in the object
 * `group` (NULL: at the top; "at": that of k), is `key`. */
typedef struct system_results_name {
    const char *group, *key;
    int k; /* 0 but for "at" */
} system_results_name;
int system_results_metrics(const system_results *o);
system_results_name system_results_metric(const system_results *o, int i);

/* Totals over a sample of the encounters. One can be used again and again. */
typedef struct bootstrap_sample bootstrap_sample;
bootstrap_sample *bootstrap_sample_new(const system_results *o); /* NULL when memory is out. o is borrowed */
void bootstrap_sample_free(bootstrap_sample *t);                 /* NULL is fine */
void bootstrap_sample_clear(bootstrap_sample *t);

/* Counts encounter i of the system, `times` times. */
void bootstrap_sample_add(bootstrap_sample *t, int system, int32_t i, uint32_t times);

/* The figures of what was counted: out[system_results_metrics()], NAN where not defined. */
void bootstrap_sample_metrics(const bootstrap_sample *t, double *out);

#endif
