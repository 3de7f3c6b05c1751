/* SPDX-License-Identifier: Apache-2.0 */
/* The figures that the field reports, of scores against gold codes (formats/metrics.md).
 *
 *     metrics *m = metrics_new(&options);
 *     metrics_header(m, header) for each segment;  metrics_add(m, record) for each encounter
 *     metrics_finish(m, &figures);  metrics_label(m, i, &label)
 *
 * The universe of labels is that of the header and, unless known_only, the gold codes that it lacks: these
 * are never predicted, so each is a miss. */
#ifndef ECAN_EVAL_METRICS_H
#define ECAN_EVAL_METRICS_H

#include "eval/calibration.h"
#include "eval/roc.h"
#include "eval/training.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

#define METRICS_AT 16 /* values of k at most */

/* An encounter as it was counted, for on_encounter. Labels are indices into the universe. All of it is
 * borrowed for the call. */
typedef struct metrics_encounter {
    const char *id;
    int L;               /* labels of the model */
    const float *scores; /* [L] */
    const int32_t *gold; /* [n_gold] ascending; the first n_known have a score */
    int n_gold, n_known;
    const int32_t *predicted;        /* [n_predicted] ascending */
    int n_predicted, true_positives; /* how many of the predicted are gold */
    const uint64_t *ranked_higher;   /* [n_known] how many labels rank before the i-th best of the gold */
} metrics_encounter;

typedef struct metrics_options {
    /* Predicted is p > threshold, compared as floats; NAN: those of the header, 0.5 if it has none. */
    double threshold;
    const char *thresholds; /* NULL or: a file with thresholds of single labels (text/thresholds.h) */
    int n_at;
    int at[METRICS_AT];   /* k of P@k, each 1 or more, distinct */
    bool known_only;      /* gold codes that the model has no label for are left out */
    bool skip_unlabelled; /* records without gold are passed over, not refused */
    /* NULL or: called for each encounter once it is counted. 0, or -1 with the message set, which ends it
     * all. */
    int (*on_encounter)(void *context, const metrics_encounter *e);
    roc_cut_fn *on_cut;       /* NULL or: for the points of the precision-recall curve (roc.h); needs auc */
    void *context;            /* of both */
    int bins;                 /* of the calibration; 0: 10 */
    const training *training; /* NULL or: for propensity-scored precision */
    double propensity_a, propensity_b;
    bool auc; /* areas under the curve and the best threshold (roc.h: they need a temporary file) */
} metrics_options;

/* Figures are NAN where not defined. Precision and recall of a label with nothing predicted or no gold are 0
 * in macro means, as in CAML's evaluation. */
typedef struct metrics_at {
    int k;
    double precision, recall, f1, ndcg, rp;
    double psp; /* NAN without training */
} metrics_at;

typedef struct metrics_results {
    uint64_t documents, unlabelled; /* counted, passed over */
    int labels, labels_unknown;     /* of the model; distinct gold codes that are none of them */
    int labels_present, labels_auc; /* with gold here; with an AUC */
    double threshold;
    int own_thresholds; /* labels whose threshold is another */
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
    double precision, recall, f1, auc; /* NAN where not defined */
} metrics_label_results;

typedef struct metrics metrics;

metrics *metrics_new(const metrics_options *options); /* copied. NULL with the message set */
void metrics_free(metrics *m);                        /* NULL is fine */

/* The header of a segment: `labels` and, if there, `threshold` and `thresholds`. A later one must have the
 * same. 0 or -1. */
int metrics_header(metrics *m, const record *header);

/* One encounter: `scores` and `labels`. 1: counted; 0: has no gold and was passed over; -1: bad (the message
 * names record and key), and nothing of it is counted, except that metrics_broken() then tells of a failure
 * that is not the record's: memory, temporary file. */
int metrics_add(metrics *m, const record *r);
bool metrics_broken(const metrics *m);

/* Once, after the last record. 0 or -1. */
int metrics_finish(metrics *m, metrics_results *out);

/* The fingerprint of the model that made the scores; "" where none did, or several. Borrowed. */
const char *metrics_model(const metrics *m);

/* After metrics_finish, where there was auc: the threshold of each label of the model with the highest F1,
 * moved towards common (tune.h), into t[L]. 0 or -1. */
int metrics_tune(metrics *m, float common, double k, float *t);

/* After metrics_finish: label i of the universe, in order of the header, then those unknown to it in order of
 * appearance. */
int metrics_labels(const metrics *m);
uint64_t metrics_encounters(const metrics *m);            /* counted so far */
const calibration *metrics_calibration(const metrics *m); /* at any time. Borrowed */
const char *metrics_code(const metrics *m, int i);        /* at any time after metrics_header. Borrowed */
void metrics_label(const metrics *m, int i, metrics_label_results *out);

#endif
