/* SPDX-License-Identifier: Apache-2.0 */
/* Counts per label and per encounter, and the metrics computed from them. Curves are in roc.c; output is
 * in report.c. */
#include "eval/metrics.h"

#include "base/err.h"
#include "base/idset.h"
#include "base/mem.h"
#include "base/ratio.h"
#include "eval/summary.h"
#include "eval/threshold_search.h"
#include "model/model.h"
#include "text/labels.h"
#include "text/thresholds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A gold code among the scores of its encounter. */
typedef struct ranked {
    float score;
    int32_t label;
} ranked;

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
    ranked *order;
    uint64_t *ranked_higher;
    double *gold_weights;
    size_t gold_cap, order_cap, ranked_higher_cap, gold_weights_cap;
    int32_t *predicted; /* [L] */
};

/* Gain in DCG of a true positive at rank (0 is the best). */
static double discount(uint64_t rank)
{
    return 1 / log2((double)rank + 2);
}

metrics *metrics_new(const metrics_options *options)
{
    metrics *m = mem_array(1, sizeof *m);
    if (!m)
        return NULL;
    m->o = *options;
    m->L = -1;
    int last = 0;
    for (int i = 0; i < m->o.n_at; i++) {
        m->at[i].k = m->o.at[i];
        last = m->o.at[i] > last ? m->o.at[i] : last;
    }
    m->ideal = mem_array((size_t)last + 1, sizeof *m->ideal);
    m->codes = labels_new();
    if (!m->ideal || !m->codes || calibration_init(&m->calibration, m->o.bins ? m->o.bins : 10)) {
        metrics_free(m);
        return NULL;
    }
    for (int k = 0; k < last; k++)
        m->ideal[k + 1] = m->ideal[k] + discount((uint64_t)k);
    return m;
}

void metrics_free(metrics *m)
{
    if (!m)
        return;
    labels_free(m->codes);
    idset_free(&m->ids);
    calibration_release(&m->calibration);
    roc_free(m->roc);
    mem_free(m->thresholds);
    mem_free(m->header_thresholds);
    mem_free(m->counts);
    mem_free(m->weights);
    mem_free(m->gold_weights);
    mem_free(m->auc);
    mem_free(m->ideal);
    buf_free(&m->bytes);
    mem_free(m->gold);
    mem_free(m->order);
    mem_free(m->ranked_higher);
    mem_free(m->predicted);
    mem_free(m);
}

bool metrics_broken(const metrics *m)
{
    return m->broken;
}

/* ---- header ---- */

static int first_labels(metrics *m, const record *header)
{
    if (labels_from_header(m->codes, header))
        return -1;
    const size_t n = (size_t)labels_count(m->codes);
    m->L = (int)n;
    m->predicted = mem_array(n, sizeof *m->predicted);
    if (!m->predicted || mem_grow(&m->counts, &m->have, n, sizeof *m->counts))
        return -1;
    if (n)
        memset(m->counts, 0, n * sizeof *m->counts);
    if (m->o.auc && !(m->roc = roc_new(m->L)))
        return -1;
    if (m->roc)
        roc_on_cut(m->roc, m->o.on_cut, m->o.context);
    return 0;
}

static int same_labels(const metrics *m, const record *header)
{
    walk w;
    uint32_t n;
    if (record_strings(header, "labels", &w, &n))
        return -1;
    bool same = n == (uint32_t)m->L;
    for (uint32_t i = 0; same && i < n; i++) {
        const char *code;
        size_t length;
        if (walk_str(&w, &code, &length))
            return record_error(header, "labels");
        same = labels_index(m->codes, code, length) == (int32_t)i;
    }
    if (same)
        return 0;
    err_set("labels differ from the first header: scores of different models cannot be counted together");
    return record_error(header, "labels");
}

/* Sets the thresholds of the header or the requested one; then those of the file. */
static int set_thresholds(metrics *m, const record *header)
{
    const size_t L = (size_t)m->L;
    m->thresholds = mem_array(L, sizeof *m->thresholds);
    m->header_thresholds = mem_array(L, sizeof *m->header_thresholds);
    if (!m->thresholds || !m->header_thresholds ||
        thresholds_from_header(header, m->L, &m->threshold, m->header_thresholds))
        return -1;
    const bool asked = !isnan(m->o.threshold);
    if (asked)
        m->threshold = (float)m->o.threshold;
    for (size_t j = 0; j < L; j++)
        m->thresholds[j] = asked ? m->threshold : m->header_thresholds[j];
    return m->o.thresholds ? thresholds_read(m->o.thresholds, m->codes, m->thresholds) : 0;
}

static int same_thresholds(const metrics *m, const record *header)
{
    float common;
    float *t = mem_array((size_t)m->L, sizeof *t);
    int result = t ? thresholds_from_header(header, m->L, &common, t) : -1;
    if (!result && isnan(m->o.threshold) && memcmp(t, m->header_thresholds, (size_t)m->L * sizeof *t) != 0) {
        err_set("thresholds differ from the first header: choose one with --threshold");
        result = record_error(header, "threshold");
    }
    mem_free(t);
    return result;
}

/* Records the model of a segment. Averaged scores do not belong to a single model. */
static int note_model(metrics *m, const record *header)
{
    const char *made_by = "";
    size_t n = 0;
    const int found = model_of_stream(header, &made_by, &n);
    if (found < 0)
        return record_error(header, "history");
    const bool whole = found && n + 1 == sizeof m->model && !record_find(header, "average");
    if (m->L < 0 && whole)
        memcpy(m->model, made_by, n);
    else if (m->L >= 0 && (!whole || memcmp(m->model, made_by, n) != 0))
        m->model[0] = '\0';
    return 0;
}

int metrics_header(metrics *m, const record *header)
{
    if (note_model(m, header))
        return -1;
    if (m->L >= 0)
        return same_labels(m, header) || same_thresholds(m, header) ? -1 : 0;
    return first_labels(m, header) || set_thresholds(m, header) ? -1 : 0;
}

/* ---- one encounter ---- */

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The next code of an array; 0 or -1. A code that labels.tsv cannot hold is an error. */
static int walk_code(walk *w, const char **code, size_t *n)
{
    if (walk_str(w, code, n))
        return -1;
    if (*n == 0 || memchr(*code, '\t', *n) || memchr(*code, '\n', *n) || memchr(*code, '\r', *n) ||
        memchr(*code, 0, *n))
        return err_set("a code is empty or contains a tab, line end or NUL");
    return 0;
}

/* Reads the gold codes of r into m->gold[*n], ascending and distinct. The first *known of them are labels
 * of the model. */
static int read_gold(metrics *m, const record *r, int *n, int *known)
{
    walk w, all;
    uint32_t codes;
    const char *code;
    size_t length, found = 0;
    if (record_strings(r, "labels", &all, &codes))
        return -1;
    w = all;
    for (uint32_t i = 0; i < codes; i++)
        if (walk_code(&w, &code, &length))
            return record_error(r, "labels");
    m->broken = mem_grow(&m->gold, &m->gold_cap, (size_t)codes + 1, sizeof *m->gold);
    w = all;
    for (uint32_t i = 0; !m->broken && i < codes; i++) {
        m->broken =
            walk_str(&w, &code, &length) || (m->gold[found++] = labels_add(m->codes, code, length, NULL)) < 0;
    }
    if (m->broken)
        return -1;
    if (found)
        qsort(m->gold, found, sizeof *m->gold, ascending);
    *n = *known = 0;
    for (size_t i = 0; i < found; i++) {
        if ((*n > 0 && m->gold[i] == m->gold[*n - 1]) || (m->o.known_only && m->gold[i] >= m->L))
            continue;
        m->gold[(*n)++] = m->gold[i];
        *known += m->gold[i] < m->L;
    }
    return 0;
}

static const float *read_scores(metrics *m, const record *r)
{
    tensor t;
    if (record_tensor(r, "scores", 'f', 1, &t))
        return NULL;
    if (t.count != (size_t)m->L) {
        err_set("%zu scores for %d labels", t.count, m->L);
        record_error(r, "scores");
        return NULL;
    }
    m->bytes.len = 0;
    const float *scores = tensor_floats(&t, &m->bytes);
    if (!scores) {
        m->broken = true;
        return NULL;
    }
    for (int j = 0; j < m->L; j++)
        if (!(scores[j] >= 0 && scores[j] <= 1)) {
            err_set("score %d is %s, not a probability", j, isnan(scores[j]) ? "NaN" : "outside 0 and 1");
            record_error(r, "scores");
            return NULL;
        }
    return scores;
}

/* Best first; labels with equal scores keep their order. */
static int before(float a, int32_t i, float b, int32_t j)
{
    return a != b ? a > b : i < j;
}

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return before(y->score, y->label, x->score, x->label) - before(x->score, x->label, y->score, y->label);
}

/* ranked_higher[i]: how many labels rank above the i-th best of the gold[n] that have a score. The labels
 * are not sorted; each is only placed among the gold. */
static int rank_gold(metrics *m, const float *scores, int n)
{
    if (mem_grow(&m->order, &m->order_cap, (size_t)n + 1, sizeof *m->order) ||
        mem_grow(&m->ranked_higher, &m->ranked_higher_cap, (size_t)n + 1, sizeof *m->ranked_higher))
        return -1;
    for (int i = 0; i < n; i++) {
        m->order[i] = (ranked){scores[m->gold[i]], m->gold[i]};
        m->ranked_higher[i] = 0;
    }
    if (n == 0)
        return 0;
    qsort(m->order, (size_t)n, sizeof *m->order, by_rank);
    m->ranked_higher[n] = 0;
    float last = m->order[n - 1].score;
    for (int j = 0; j < m->L; j++) {
        if (scores[j] < last)
            continue;
        int low = 0, high = n; /* the first gold code that ranks below label j */
        while (low < high) {
            int middle = low + (high - low) / 2;
            if (before(scores[j], j, m->order[middle].score, m->order[middle].label))
                high = middle;
            else
                low = middle + 1;
        }
        m->ranked_higher[low]++;
    }
    for (int i = 1; i < n; i++)
        m->ranked_higher[i] += m->ranked_higher[i - 1];
    return 0;
}

/* Adds P@k and related metrics of one encounter with gold codes. `ranks` of them have a rank in
 * m->ranked_higher. */
static void add_ranking(metrics *m, int gold, int ranks)
{
    if (gold == 0)
        return; /* counts as 0 in every mean */
    for (int a = 0; a < m->o.n_at; a++) {
        metrics_at *at = &m->at[a];
        int true_positives = 0, most = at->k < gold ? at->k : gold;
        double dcg = 0;
        for (; true_positives < ranks && m->ranked_higher[true_positives] < (uint64_t)at->k; true_positives++)
            dcg += discount(m->ranked_higher[true_positives]);
        at->precision += (double)true_positives / at->k;
        at->recall += (double)true_positives / gold;
        at->ndcg += dcg / m->ideal[most];
        at->rp += (double)true_positives / most;
    }
    double precision = 0;
    int first = 0; /* true positives among as many labels as there are gold codes */
    for (int i = 0; i < ranks; i++) {
        precision += (i + 1) / ((double)m->ranked_higher[i] + 1);
        first += m->ranked_higher[i] < (uint64_t)gold;
    }
    m->map += precision / gold;
    m->r_precision += (double)first / gold;
}

static int heaviest_first(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Adds the weights of the true positives at k, and the largest possible sum of k weights. */
static void add_propensity(metrics *m, int gold, int ranks)
{
    for (int i = 0; i < gold; i++)
        m->gold_weights[i] = m->weights[m->gold[i]];
    if (gold)
        qsort(m->gold_weights, (size_t)gold, sizeof *m->gold_weights, heaviest_first);
    for (int a = 0; a < m->o.n_at; a++) {
        for (int i = 0; i < gold && i < m->at[a].k; i++)
            m->most_psp[a] += m->gold_weights[i];
        for (int i = 0; i < ranks && m->ranked_higher[i] < (uint64_t)m->at[a].k; i++)
            m->at[a].psp += m->weights[m->order[i].label];
    }
}

/* Writes the labels above their thresholds to m->predicted[*n]. Returns how many of them are gold. */
static int add_counts(metrics *m, const float *scores, int gold, int known, int *n)
{
    int predicted = 0, true_positives = 0;
    for (int j = 0; j < m->L; j++)
        if (scores[j] > m->thresholds[j]) {
            m->counts[j].predicted++;
            m->predicted[predicted++] = j;
        }
    for (int i = 0; i < gold; i++) {
        label_counts *c = &m->counts[m->gold[i]];
        c->gold++;
        if (i < known && scores[m->gold[i]] > m->thresholds[m->gold[i]]) {
            c->true_positives++;
            true_positives++;
        }
    }
    int either = predicted + gold - true_positives;
    m->jaccard += either ? (double)true_positives / either : 1;
    m->exact += true_positives == either;
    *n = predicted;
    return true_positives;
}

/* Makes room for new codes of this record, among them its gold codes, and their weights. */
static int grow_counts(metrics *m, int gold)
{
    size_t had = m->have, n = (size_t)labels_count(m->codes);
    if (mem_grow(&m->counts, &m->have, n, sizeof *m->counts))
        return -1;
    if (m->have > had)
        memset(m->counts + had, 0, (m->have - had) * sizeof *m->counts);
    if (!m->o.training)
        return 0;
    if (mem_grow(&m->weights, &m->have_weights, n, sizeof *m->weights) ||
        mem_grow(&m->gold_weights, &m->gold_weights_cap, (size_t)gold, sizeof *m->gold_weights))
        return -1;
    for (; m->n_weights < n; m->n_weights++)
        m->weights[m->n_weights] =
            training_weight(m->o.training, labels_code(m->codes, (int32_t)m->n_weights), m->o.propensity_a,
                            m->o.propensity_b);
    return 0;
}

int metrics_add(metrics *m, const record *r)
{
    if (!record_find(r, "labels")) {
        if (m->o.skip_unlabelled) {
            m->unlabelled++;
            return 0;
        }
        err_set("no gold codes to compare with (--skip-unlabelled skips such records)");
        return record_error(r, "labels");
    }
    const float *scores = read_scores(m, r);
    int gold = 0, known = 0, predicted = 0;
    if (!scores || read_gold(m, r, &gold, &known))
        return -1;
    int new = idset_add(&m->ids, r->id, strlen(r->id));
    if (new == 0) {
        err_set("duplicate encounter");
        return record_error(r, "id");
    }
    if (new < 0 || grow_counts(m, gold) || rank_gold(m, scores, known) ||
        (m->roc && roc_add(m->roc, scores, m->gold, known))) {
        m->broken = true;
        return -1;
    }
    int true_positives = add_counts(m, scores, gold, known, &predicted);
    add_ranking(m, gold, known);
    if (m->o.training)
        add_propensity(m, gold, known);
    calibration_add(&m->calibration, scores, m->L, m->gold, known);
    m->documents++;
    const metrics_encounter e = {r->id, m->L,         scores,    m->gold,        gold,
                                 known, m->predicted, predicted, true_positives, m->ranked_higher};
    if (m->o.on_encounter && m->o.on_encounter(m->o.context, &e)) {
        m->broken = true;
        return -1;
    }
    return 1;
}

/* ---- results ---- */

int metrics_labels(const metrics *m)
{
    return m->o.known_only ? m->L : labels_count(m->codes);
}

const char *metrics_model(const metrics *m)
{
    return m->model;
}

int metrics_tune(metrics *m, float common, double k, float *t)
{
    return tune_labels(m->roc, m->L, common, k, t);
}

uint64_t metrics_encounters(const metrics *m)
{
    return m->documents;
}

const calibration *metrics_calibration(const metrics *m)
{
    return &m->calibration;
}

const char *metrics_code(const metrics *m, int i)
{
    return labels_code(m->codes, i);
}

void metrics_label(const metrics *m, int i, metrics_label_results *out)
{
    const label_counts *c = &m->counts[i];
    *out = (metrics_label_results){
        .code = labels_code(m->codes, i),
        .known = i < m->L,
        .gold = c->gold,
        .predicted = c->predicted,
        .true_positives = c->true_positives,
        .precision = ratio((double)c->true_positives, (double)c->predicted),
        .recall = ratio((double)c->true_positives, (double)c->gold),
        .f1 = ratio(2 * (double)c->true_positives, (double)(c->predicted + c->gold)),
        .auc = i < m->L && m->auc ? m->auc[i] : NAN,
    };
}

/* Over the labels of the universe. */
static void label_results(const metrics *m, metrics_results *out)
{
    summary all = {0};
    int n_auc = 0;
    double auc = 0;
    for (int i = 0; i < metrics_labels(m); i++) {
        summary_add(&all, &m->counts[i]);
        if (m->auc && i < m->L && !isnan(m->auc[i])) {
            auc += m->auc[i];
            n_auc++;
        }
    }
    summary_end(&all, m->documents > 0);
    out->labels_present = all.present;
    out->labels_auc = n_auc;
    out->micro.precision = all.micro.precision;
    out->micro.recall = all.micro.recall;
    out->micro.f1 = all.micro.f1;
    out->micro.accuracy = all.micro.accuracy;
    out->macro.precision = all.macro.precision;
    out->macro.recall = all.macro.recall;
    out->macro.accuracy = all.macro.accuracy;
    out->macro.f1_of_means = all.macro.f1_of_means;
    out->macro.f1_mean = all.macro.f1_mean;
    out->macro.f1_mean_present = all.macro.f1_mean_present;
    out->macro.auc = ratio(auc, n_auc);
}

static void encounter_results(const metrics *m, metrics_results *out)
{
    double n = (double)m->documents;
    out->n_at = m->o.n_at;
    for (int a = 0; a < m->o.n_at; a++) {
        const metrics_at *sum = &m->at[a];
        metrics_at *at = &out->at[a];
        *at = (metrics_at){.k = sum->k,
                           .precision = ratio(sum->precision, n),
                           .recall = ratio(sum->recall, n),
                           .ndcg = ratio(sum->ndcg, n),
                           .rp = ratio(sum->rp, n),
                           .psp = ratio(sum->psp, m->most_psp[a])};
        at->f1 = harmonic(at->precision, at->recall);
    }
    out->map = ratio(m->map, n);
    out->r_precision = ratio(m->r_precision, n);
    out->exact_match = ratio((double)m->exact, n);
    out->jaccard = ratio(m->jaccard, n);
}

int metrics_finish(metrics *m, metrics_results *out)
{
    *out = (metrics_results){.documents = m->documents,
                             .unlabelled = m->unlabelled,
                             .labels = m->L,
                             .labels_unknown = labels_count(m->codes) - m->L,
                             .threshold = m->threshold};
    roc_results curve = {NAN, NAN, NAN, NAN};
    if (m->roc) {
        uint64_t gold = 0;
        for (int i = 0; i < metrics_labels(m); i++)
            gold += m->counts[i].gold;
        if (!(m->auc = mem_array((size_t)m->L, sizeof *m->auc)) || roc_finish(m->roc, gold, m->auc, &curve))
            return -1;
    }
    for (int j = 0; j < m->L; j++)
        out->own_thresholds += m->thresholds[j] != m->threshold;
    label_results(m, out);
    encounter_results(m, out);
    out->micro.auc = curve.micro_auc;
    out->micro.average_precision = curve.average_precision;
    out->brier = calibration_brier(&m->calibration);
    out->calibration_error = calibration_error(&m->calibration);
    out->best_threshold = curve.best_threshold;
    out->best_micro_f1 = curve.best_micro_f1;
    return 0;
}
