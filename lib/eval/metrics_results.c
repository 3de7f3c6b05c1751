/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics, computed from the counts. */
#include "eval/metrics_private.h"

#include "base/ratio.h"
#include "eval/threshold_search.h"

#include <math.h>

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
