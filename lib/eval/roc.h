/* SPDX-License-Identifier: Apache-2.0 */
/* Areas under the ROC curve and the best threshold, exact over all N*L pairs of encounter and label.
 * An area is the fraction of (positive, negative) pairs in which the positive scores higher, where ties
 * count half (Mann and Whitney). The trapezoid rule gives the same. The negatives need not be sorted; only
 * their number between one positive and the next is needed. So the scores are first written to an unlinked
 * file in $TMPDIR (4 bytes per score) and read back when every positive is known. Memory: about 60 bytes
 * per positive, 16 per label, and one row. */
#ifndef ECAN_EVAL_ROC_H
#define ECAN_EVAL_ROC_H

#include <stdint.h>

typedef struct roc roc;

typedef struct roc_results {
    double micro_auc; /* one curve over all pairs; NAN without a positive or without a negative */
    /* The sum over distinct scores of the gain in recall times the precision there; NAN without gold. */
    double average_precision;
    double best_threshold; /* the threshold that maximises micro-F1; NAN without a positive */
    double best_micro_f1;
} roc_results;

/* Counts at a threshold: a point of the precision-recall curve has precision true_positives/predicted and
 * recall true_positives/gold. */
typedef struct roc_cut {
    double threshold; /* scores above it are predicted */
    uint64_t true_positives, predicted, gold;
} roc_cut;

/* For rows of L scores. NULL with the message set (no temporary file, no memory). */
roc *roc_new(int L);
void roc_free(roc *r); /* r may be NULL */

/* Adds one row: scores[L], each within 0 .. 1; gold[n] ascending and distinct, each in 0 .. L-1. 0 or -1. */
int roc_add(roc *r, const float *scores, const int32_t *gold, int n);

/* roc_finish() then calls fn for the cuts from the highest to the one below the lowest positive: above and
 * below each distinct score of a positive. Between two neighbouring cuts the curve is a line straight up
 * or down. fn returns 0, or -1 with the message set; then roc_finish fails. */
typedef int roc_cut_fn(void *context, const roc_cut *cut);
void roc_on_cut(roc *r, roc_cut_fn *fn, void *context);

/* After roc_finish(): calls fn for all rows again, in order. fn returns 0, or -1 with the message set. 0
 * or -1. */
typedef int roc_row_fn(void *context, const float *scores, const int32_t *gold, int n);
int roc_each_row(roc *r, roc_row_fn *fn, void *context);

/* auc[L] (may be NULL) receives the area of each label, or NAN if all rows or none have it. gold is the
 * number of gold codes that recall is measured against: the positives here and those without a label.
 * All thresholds between two neighbouring scores predict the same. Of the best such interval the threshold
 * is 0.5 if that lies inside, otherwise the middle. Of several intervals with the same F1 the one nearest
 * to 0.5 is chosen. 0 or -1. */
int roc_finish(roc *r, uint64_t gold, double *auc, roc_results *out);

/* A threshold t with low <= t < high: preferred if it is in this interval, otherwise the middle. */
double threshold_within(float low, float high, float preferred);

#endif
