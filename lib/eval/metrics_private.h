/* SPDX-License-Identifier: Apache-2.0 */
/* Internal declarations of metrics.c, metrics_add.c and metrics_results.c: the counts of metrics.h. */
#ifndef ECAN_EVAL_METRICS_PRIVATE_H
#define ECAN_EVAL_METRICS_PRIVATE_H

#include "base/idset.h"
#include "base/mem.h"
#include "eval/metrics.h"
#include "eval/summary.h"
#include "text/labels.h"

/* A gold code among the scores of its encounter. */
typedef struct metrics_rank {
    float score;
    int32_t label;
} metrics_rank;

struct metrics {
    metrics_options o;
    float threshold;          /* common threshold */
    float *thresholds;        /* [L] threshold of each label */
    float *header_thresholds; /* [L] as in the first header */
    labels *codes;            /* the labels of the header, then gold codes that it lacks */
    int L;                    /* labels of the header; -1 before it is read */
    label_counts *counts;     /* [labels_count(codes)] */
    double *weights;          /* [labels_count(codes)] propensity weights; only with training */
    size_t have, have_weights, n_weights;
    calibration calibration;
    roc *roc;
    double *auc; /* [L] after metrics_finish; NULL without curves */
    bool broken;
    char model[33];
    idset ids;

    uint64_t documents, unlabelled;
    metrics_at at[METRICS_AT];   /* sums */
    double most_psp[METRICS_AT]; /* sums of the largest possible psp */
    double map, r_precision, jaccard;
    uint64_t exact;
    double *ideal; /* [largest k + 1] DCG if that many first places are right */

    /* scratch memory for one record */
    buf bytes;
    int32_t *gold;
    metrics_rank *order;
    uint64_t *ranked_higher;
    double *gold_weights;
    size_t gold_cap, order_cap, ranked_higher_cap, gold_weights_cap;
    int32_t *predicted; /* [L] */
};

/* Gain in DCG of a true positive at `rank` (0 is the best): 1 / log2(rank + 2), Jarvelin and Kekalainen
 * 2002. */
double metrics_discount(uint64_t rank);

#endif
