/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and headers. Encounters are counted in metrics_add.c, and the metrics are computed from the counts
 * in metrics_results.c. Curves are in roc.c; output is in report.c. */
#include "eval/metrics.h"

#include "base/err.h"
#include "eval/metrics_private.h"
#include "model/model.h"
#include "text/thresholds.h"

#include <math.h>
#include <string.h>

/* Gain in DCG of a true positive at rank (0 is the best). */
double metrics_discount(uint64_t rank)
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
        m->ideal[k + 1] = m->ideal[k] + metrics_discount((uint64_t)k);
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
