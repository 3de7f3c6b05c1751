/* SPDX-License-Identifier: Apache-2.0 */
/* Output of the results of metrics.h. */
#ifndef ECAN_EVAL_REPORT_H
#define ECAN_EVAL_REPORT_H

#include "eval/breakdown.h"
#include "eval/metrics.h"
#include "io/json.h"

#include <stdio.h>

/* One object with the keys of formats/metrics.md; undefined values are null. best: include the best
 * threshold. New reference; NULL when memory is out. */
json_t *report_json(const metrics_results *f, bool best);

/* Writes a table for people, which explains the three kinds of macro-F1. The caller checks f for errors. */
void report_table(FILE *f, const metrics_results *g, const metrics_options *o, bool best);

/* Writes a header line, then one line per label of the universe: code, gold, predicted, hits, precision,
 * recall, f1 and auc, separated by tabs. Undefined values are empty. */
void report_labels(FILE *f, const metrics *m);

/* Writes one line per label of the model, t[L]: code, tab, threshold (formats/thresholds.md). */
void report_thresholds(FILE *f, const metrics *m, const float *t, int L);

/* Metrics by group and by training frequency, which report_json() does not contain. New references; NULL
 * when memory is out. */
json_t *report_groups_json(const breakdown *b);
json_t *report_bins_json(const frequency_bin *bins, int n);
/* The same as tables. */
void report_groups(FILE *f, const breakdown *b);
void report_bins(FILE *f, const frequency_bin *bins, int n);

#endif
