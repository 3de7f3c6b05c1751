/* SPDX-License-Identifier: Apache-2.0 */
/* Areas under the ROC curve and the best threshold, exact over all N*L pairs of encounter and label.
 *
 * An area is the share of (positive, negative) pairs in which the positive scores higher, ties counting half
 * (Mann and Whitney): the trapezoid rule gives the same. Nothing needs the negatives sorted, only how many
 * lie between one positive and the next, so the scores are spooled once to an unlinked file in $TMPDIR (4
 * bytes a pair), and read back when every positive is known. Memory: about 60 bytes a positive, 16 a label,
 * one row. */
#ifndef ECAN_EVAL_ROC_H
#define ECAN_EVAL_ROC_H

#include <stdint.h>

typedef struct roc roc;

typedef struct roc_results {
    double micro_auc; /* one curve over all pairs; NAN without a positive or without a negative */
    /* The sum over distinct scores of the recall gained there times the precision there; NAN without gold. */
    double average_precision;
    double best_threshold; /* the one that maximises micro-F1; NAN without a positive */
    double best_micro_f1;
} roc_results;

/* What a threshold predicts: a point of the precision-recall curve is hits/predicted and hits/gold. */
typedef struct roc_cut {
    double threshold; /* predicted are the scores above it */
    uint64_t true_positives, predicted, gold;
} roc_cut;

/* For rows of L scores. NULL with the message set (no temporary file, no memory). */
roc *roc_new(int L);
void roc_free(roc *r); /* NULL is fine */

/* One row: scores[L], each within 0 .. 1; gold[n] ascending and distinct, each in 0 .. L-1. 0 or -1. */
int roc_add(roc *r, const float *scores, const int32_t *gold, int n);

/* roc_finish() then calls fn for the cuts from the highest down to that below the lowest positive: above each
 * distinct score of a positive and below it. Between two neighbouring cuts the curve is a line straight up
 * or down. fn: 0, or -1 with the message set, and roc_finish fails. */
typedef int roc_cut_fn(void *context, const roc_cut *cut);
void roc_on_cut(roc *r, roc_cut_fn *fn, void *context);

/* After roc_finish(): the rows again, in their order. fn: 0, or -1 with the message set. 0 or -1. */
typedef int roc_row_fn(void *context, const float *scores, const int32_t *gold, int n);
int roc_each_row(roc *r, roc_row_fn *fn, void *context);

/* auc[L] (may be NULL) gets the area of each label, NAN where all rows or none have it. gold is the number of
 * gold codes that recall is measured against: the positives here, and those without a label.
 *
 * Thresholds between two neighbouring scores predict the same: of the best such interval 0.5 is given if it
 * lies inside, else the middle. Of several intervals with the same F1 the one nearest to 0.5. 0 or -1. */
int roc_finish(roc *r, uint64_t gold, double *auc, roc_results *out);

/* A threshold t with low <= t < high: preferred if it is one, else the middle. */
double threshold_within(float low, float high, float preferred);

#endif
