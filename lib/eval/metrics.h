/* SPDX-License-Identifier: Apache-2.0 */
/* The usual metrics of scores against gold codes (formats/metrics.md).
 *
 *     metrics *m = metrics_new(&options);
 *     metrics_header(m, header) for each segment;  metrics_add(m, record) for each encounter
 *     metrics_finish(m, &results);  metrics_label(m, i, &label)
 * The universe of labels contains the labels of the header and, unless known_only, the gold codes that it
 * lacks. These are never predicted, so each counts as a false negative. */
#ifndef ECAN_EVAL_METRICS_H
#define ECAN_EVAL_METRICS_H

#include "eval/calibration.h"
#include "eval/roc.h"
#include "eval/training.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

#define METRICS_AT 16 /* maximum number of values of k */

/* The counts of an encounter, for on_encounter. Labels are indices into the universe. Everything is
 * borrowed for the call. */
typedef struct metrics_encounter {
    const char *id;
    int L;               /* labels of the model */
    const float *scores; /* [L] */
    const int32_t *gold; /* [n_gold] ascending; the first n_known have a score */
    int n_gold, n_known;
    const int32_t *predicted;        /* [n_predicted] ascending */
    int n_predicted, true_positives; /* true_positives: how many of the predicted are gold */
    const uint64_t *ranked_higher;   /* [n_known] how many labels rank above the i-th best of the gold */
} metrics_encounter;

typedef struct metrics_options {
    /* Predicted means p > threshold, compared as floats; NAN: use those of the header, or 0.5 if it has
     * none. */
    double threshold;
    const char *thresholds; /* NULL or: a file with thresholds of individual labels (text/thresholds.h) */
    int n_at;
    int at[METRICS_AT];   /* values of k of P@k, each at least 1, distinct */
    bool known_only;      /* ignore gold codes that the model has no label for */
    bool skip_unlabelled; /* skip records without gold codes instead of rejecting them */
    /* NULL or: called for each encounter after it is counted. 0, or -1 with the message set to stop. */
    int (*on_encounter)(void *context, const metrics_encounter *e);
    roc_cut_fn *on_cut; /* NULL or: receives the points of the precision-recall curve (roc.h); needs auc */
    void *context;      /* of both callbacks */
    int bins;           /* bins of the calibration; 0: 10 */
    const training *training; /* NULL or: used for propensity-scored precision */
    double propensity_a, propensity_b;
    bool auc; /* compute areas under the curve and the best threshold (roc.h; they need a temporary file) */
} metrics_options;

/* Undefined results are NAN. Precision and recall of a label with no predictions or no gold codes count as
 * 0 in macro means, as in CAML's evaluation. */
typedef struct metrics_at {
    int k;
    double precision, recall, f1, ndcg, rp;
    double psp; /* NAN without training */
} metrics_at;

typedef struct metrics_results {
    uint64_t documents, unlabelled; /* counted, skipped */
    int labels, labels_unknown;     /* labels of the model; distinct gold codes that are not among them */
    int labels_present, labels_auc; /* labels with gold codes here; with an AUC */
    double threshold;
    int own_thresholds; /* labels whose threshold differs from the common one */
    struct {
        double precision, recall, f1, accuracy, auc, average_precision;
    } micro;
    struct {
        double precision, recall, accuracy, auc;
        double f1_of_means, f1_mean, f1_mean_present;
    } macro;
    int n_at;
    metrics_at at[METRICS_AT];
    double map, r_precision, exact_match, jaccard;
    double brier, calibration_error;      /* see calibration.h */
    double best_threshold, best_micro_f1; /* see roc.h */
} metrics_results;

typedef struct metrics_label_results {
    const char *code; /* borrowed */
    bool known;
    uint64_t gold, predicted, true_positives;
    double precision, recall, f1, auc; /* NAN if undefined */
} metrics_label_results;

typedef struct metrics metrics;

metrics *metrics_new(const metrics_options *options); /* options are copied. NULL with the message set */
void metrics_free(metrics *m);                        /* m may be NULL */

/* Reads the header of a segment: `labels` and, if present, `threshold` and `thresholds`. Later headers
 * must have the same. 0 or -1. */
int metrics_header(metrics *m, const record *header);

/* Counts one encounter: `scores` and `labels`. 1: counted. 0: skipped, because it has no gold codes. -1:
 * invalid; the message names record and key, and nothing is counted. Then metrics_broken() is true if the
 * error is not in the record, but in memory or the temporary file. */
int metrics_add(metrics *m, const record *r);
bool metrics_broken(const metrics *m);

/* Call once, after the last record. 0 or -1. */
int metrics_finish(metrics *m, metrics_results *out);

/* The fingerprint of the model that made the scores; "" if there is none or several. Borrowed. */
const char *metrics_model(const metrics *m);

/* After metrics_finish with auc: writes into t[L], for each label of the model, the threshold with the
 * highest F1, moved towards common (threshold_search.h). 0 or -1. */
int metrics_tune(metrics *m, float common, double k, float *t);

/* After metrics_finish: label i of the universe. Labels are in order of the header, then gold codes that
 * it lacks in order of appearance. */
int metrics_labels(const metrics *m);
uint64_t metrics_encounters(const metrics *m);            /* counted so far */
const calibration *metrics_calibration(const metrics *m); /* can be called at any time. Borrowed */
const char *metrics_code(const metrics *m, int i);        /* can be called after metrics_header. Borrowed */
void metrics_label(const metrics *m, int i, metrics_label_results *out);

#endif
