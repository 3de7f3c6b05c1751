/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of a sample of encounters: of a selection in which an encounter can occur several times
 * (resample.h). They are computed from system_results (system_results.h), after system_results_finish. */
#ifndef ECAN_EVAL_BOOTSTRAP_SAMPLE_H
#define ECAN_EVAL_BOOTSTRAP_SAMPLE_H

#include "eval/system_results.h"

/* Metrics are numbered 0 .. bootstrap_sample_n_metrics()-1. They are those of formats/metrics.md whose key,
 * in the object `group` (NULL: at the top; "at": the one of k), is `key`. */
typedef struct bootstrap_metric_name {
    const char *group, *key;
    int k; /* 0 unless group is "at" */
} bootstrap_metric_name;
int bootstrap_sample_n_metrics(const system_results *o);
bootstrap_metric_name bootstrap_sample_metric(const system_results *o, int i);

/* Totals over a sample of the encounters. It can be used repeatedly. */
typedef struct bootstrap_sample bootstrap_sample;
bootstrap_sample *bootstrap_sample_new(const system_results *o); /* NULL when memory is out. o is borrowed */
void bootstrap_sample_free(bootstrap_sample *t);                 /* NULL is fine */
void bootstrap_sample_clear(bootstrap_sample *t);

/* Counts encounter i of the system `times` times. */
void bootstrap_sample_add(bootstrap_sample *t, int system, int32_t i, uint32_t times);

/* The metrics of the counted encounters: out[bootstrap_sample_n_metrics()], NAN if undefined. */
void bootstrap_sample_metrics(const bootstrap_sample *t, double *out);

#endif
