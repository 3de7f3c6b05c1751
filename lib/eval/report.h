/* SPDX-License-Identifier: Apache-2.0 */
/* How the figures of metrics.h are written. */
#ifndef ECAN_EVAL_REPORT_H
#define ECAN_EVAL_REPORT_H

#include "eval/breakdown.h"
#include "eval/metrics.h"
#include "io/json.h"

#include <stdio.h>

/* One object, keys as in formats/metrics.md, a figure that is not defined null. best: with the best
 * threshold. New reference; NULL when memory is out. */
json_t *report_json(const metrics_results *f, bool best);

/* A table for people, which says which macro-F1 is which. Whether f took it all is for the caller to check.
 */
void report_table(FILE *f, const metrics_results *g, const metrics_options *o, bool best);

/* A line a label of the universe: code, gold, predicted, hits, precision, recall, f1, auc between tabs,
 * behind a line of these names; a figure that is not defined is empty. */
void report_labels(FILE *f, const metrics *m);

/* A line a label of the model, t[L]: code, tab, threshold (formats/thresholds.md). */
void report_thresholds(FILE *f, const metrics *m, const float *t, int L);

/* Figures by group and by training frequency: what report_json() has no key for. New references; NULL when
 * memory is out. */
json_t *report_groups_json(const breakdown *b);
json_t *report_bins_json(const frequency_bin *bins, int n);
/* The same as tables. */
void report_groups(FILE *f, const breakdown *b);
void report_bins(FILE *f, const frequency_bin *bins, int n);

#endif
