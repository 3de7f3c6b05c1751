/* SPDX-License-Identifier: Apache-2.0 */
/* Precision, recall, F1 and accuracy of a set of labels, computed from how often each was gold and
 * predicted (formats/metrics.md). */
#ifndef ECAN_EVAL_SUMMARY_H
#define ECAN_EVAL_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

/* Counts of one label: encounters where it is gold, predicted, both. */
typedef struct label_counts {
    uint64_t gold, predicted, true_positives;
} label_counts;

/* Undefined results are NAN. Precision and recall of a label with no predictions or no gold codes count as
 * 0 in macro means, as in CAML's evaluation. */
typedef struct summary {
    int labels, present; /* in the set; with gold codes */
    label_counts sum;
    struct {
        double precision, recall, f1, accuracy;
    } micro;
    struct {
        double precision, recall, accuracy;
        double f1_of_means;     /* of macro precision and recall: CAML, the paper */
        double f1_mean;         /* mean of F1 over all labels: scikit-learn */
        double f1_mean_present; /* mean over those with gold codes: Edin et al. */
    } macro;
} summary;

/* Zero s before adding the first label. */
void summary_add(summary *s, const label_counts *label);
/* Turns sums into metrics, once. any: whether there was an encounter; without one all metrics are
 * undefined. */
void summary_end(summary *s, bool any);

/* The harmonic mean 2pr/(p+r): 0 if both are 0, NAN if p or r is NAN. */
double harmonic(double p, double r);

#endif
