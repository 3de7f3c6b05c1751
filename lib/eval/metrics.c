/* Counts per label and per encounter, and the figures made of them. Not here: curves (roc.c), how figures
 * are written (report.c). */
#include "eval/metrics.h"

#include "base/err.h"
#include "base/idset.h"
#include "base/mem.h"
#include "text/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct counts {
    uint64_t gold, predicted, hits;
} counts;

/* A gold code among the scores of its encounter. */
typedef struct ranked {
    float score;
    int32_t label;
} ranked;

struct metrics {
    metrics_options o;
    float threshold;
    double header_threshold; /* NAN where the header has none */
    labels *codes;           /* those of the header, then gold codes that it lacks */
    int L;                   /* of the header; -1 before it */
    counts *counts;          /* [labels_count(codes)] */
    size_t have;
    calibration calibration;
    roc *roc;
    double *auc; /* [L] after metrics_finish, NULL without curves */
    bool broken;
    idset ids;

    uint64_t documents, unlabelled;
    metrics_at at[METRICS_AT]; /* sums */
    double map, jaccard;
    uint64_t exact;
    double *ideal; /* [largest k + 1] DCG of that many hits in the first places */

    /* scratch for one record */
    buf bytes;
    int32_t *gold;
    ranked *order;
    uint64_t *ahead;
    size_t gold_cap, order_cap, ahead_cap;
    int32_t *predicted; /* [L] */
};

static double ratio(double a, double b)
{
    return b > 0 ? a / b : NAN;
}

static double ratio_or_0(double a, double b)
{
    return b > 0 ? a / b : 0;
}

static double harmonic(double p, double r)
{
    return isnan(p) || isnan(r) ? NAN : ratio_or_0(2 * p * r, p + r);
}

/* What a hit at place rank (0 the best) adds to DCG. */
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
    m->header_threshold = NAN;
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
    mem_free(m->counts);
    mem_free(m->auc);
    mem_free(m->ideal);
    buf_free(&m->bytes);
    mem_free(m->gold);
    mem_free(m->order);
    mem_free(m->ahead);
    mem_free(m->predicted);
    mem_free(m);
}

bool metrics_broken(const metrics *m)
{
    return m->broken;
}

/* mem_grow for at least n, doubling; new elements are not zeroed. */
static int grow(void *p, size_t *have, size_t n, size_t size)
{
    return n <= *have ? 0 : mem_grow(p, have, n > 2 * *have ? n : 2 * *have, size);
}

/* ---- header ---- */

static int header_threshold(const record *header, double *threshold)
{
    *threshold = NAN;
    const field *f = record_find(header, "threshold");
    if (!f)
        return 0;
    walk w = {f->value, f->value + f->size};
    if (walk_double(&w, threshold))
        return record_error(header, "threshold");
    if (!(*threshold >= 0 && *threshold <= 1)) {
        err_set("not within 0 and 1");
        return record_error(header, "threshold");
    }
    return 0;
}

static int first_labels(metrics *m, const record *header)
{
    if (labels_from_header(m->codes, header))
        return -1;
    const size_t n = (size_t)labels_count(m->codes);
    m->L = (int)n;
    m->predicted = mem_array(n, sizeof *m->predicted);
    if (!m->predicted || grow(&m->counts, &m->have, n, sizeof *m->counts))
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
    err_set("other labels than in the first header: scores of different models cannot be counted together");
    return record_error(header, "labels");
}

int metrics_header(metrics *m, const record *header)
{
    double threshold;
    if (header_threshold(header, &threshold))
        return -1;
    if (m->L >= 0) {
        bool same = threshold == m->header_threshold || (isnan(threshold) && isnan(m->header_threshold));
        if (!same && isnan(m->o.threshold)) {
            err_set("another threshold than in the first header: name one with --threshold");
            return record_error(header, "threshold");
        }
        return same_labels(m, header);
    }
    m->header_threshold = threshold;
    m->threshold = (float)(!isnan(m->o.threshold) ? m->o.threshold : !isnan(threshold) ? threshold : 0.5);
    return first_labels(m, header);
}

/* ---- one encounter ---- */

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* The next of an array of codes; 0 or -1. What labels.tsv could not hold is no code. */
static int walk_code(walk *w, const char **code, size_t *n)
{
    if (walk_str(w, code, n))
        return -1;
    if (*n == 0 || memchr(*code, '\t', *n) || memchr(*code, '\n', *n) || memchr(*code, '\r', *n) ||
        memchr(*code, 0, *n))
        return err_set("a code that is empty, or has a tab, line end or NUL in it");
    return 0;
}

/* The gold codes of r as m->gold[*n], ascending and distinct; *known of them, the first, are the model's. */
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
    m->broken = grow(&m->gold, &m->gold_cap, (size_t)codes + 1, sizeof *m->gold);
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

/* Best first; of equal scores the label that comes first. */
static int before(float a, int32_t i, float b, int32_t j)
{
    return a != b ? a > b : i < j;
}

static int by_rank(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    return before(y->score, y->label, x->score, x->label) - before(x->score, x->label, y->score, y->label);
}

/* ahead[i]: how many labels stand before the i-th best of the gold[n] that have a score. The labels are not
 * sorted: each is only placed among the gold. */
static int rank_gold(metrics *m, const float *scores, int n)
{
    if (grow(&m->order, &m->order_cap, (size_t)n + 1, sizeof *m->order) ||
        grow(&m->ahead, &m->ahead_cap, (size_t)n + 1, sizeof *m->ahead))
        return -1;
    for (int i = 0; i < n; i++) {
        m->order[i] = (ranked){scores[m->gold[i]], m->gold[i]};
        m->ahead[i] = 0;
    }
    if (n == 0)
        return 0;
    qsort(m->order, (size_t)n, sizeof *m->order, by_rank);
    m->ahead[n] = 0;
    float last = m->order[n - 1].score;
    for (int j = 0; j < m->L; j++) {
        if (scores[j] < last)
            continue;
        int low = 0, high = n; /* the first gold that stands behind label j */
        while (low < high) {
            int middle = low + (high - low) / 2;
            if (before(scores[j], j, m->order[middle].score, m->order[middle].label))
                high = middle;
            else
                low = middle + 1;
        }
        m->ahead[low]++;
    }
    for (int i = 1; i < n; i++)
        m->ahead[i] += m->ahead[i - 1];
    return 0;
}

/* P@k and its relatives of one encounter with gold codes, `ranks` of which have a rank in m->ahead. */
static void add_ranking(metrics *m, int gold, int ranks)
{
    if (gold == 0)
        return; /* 0 in every mean */
    for (int a = 0; a < m->o.n_at; a++) {
        metrics_at *at = &m->at[a];
        int hits = 0, most = at->k < gold ? at->k : gold;
        double dcg = 0;
        for (; hits < ranks && m->ahead[hits] < (uint64_t)at->k; hits++)
            dcg += discount(m->ahead[hits]);
        at->precision += (double)hits / at->k;
        at->recall += (double)hits / gold;
        at->ndcg += dcg / m->ideal[most];
        at->rp += (double)hits / most;
    }
    double precision = 0;
    for (int i = 0; i < ranks; i++)
        precision += (i + 1) / ((double)m->ahead[i] + 1);
    m->map += precision / gold;
}

/* The labels above the threshold go to m->predicted[*n]. The number of those that are gold. */
static int add_counts(metrics *m, const float *scores, int gold, int known, int *n)
{
    int predicted = 0, hits = 0;
    for (int j = 0; j < m->L; j++)
        if (scores[j] > m->threshold) {
            m->counts[j].predicted++;
            m->predicted[predicted++] = j;
        }
    for (int i = 0; i < gold; i++) {
        counts *c = &m->counts[m->gold[i]];
        c->gold++;
        if (i < known && scores[m->gold[i]] > m->threshold) {
            c->hits++;
            hits++;
        }
    }
    int either = predicted + gold - hits;
    m->jaccard += either ? (double)hits / either : 1;
    m->exact += hits == either;
    *n = predicted;
    return hits;
}

/* Room for the codes that this record brought. */
static int grow_counts(metrics *m)
{
    size_t had = m->have, n = (size_t)labels_count(m->codes);
    if (grow(&m->counts, &m->have, n, sizeof *m->counts))
        return -1;
    if (m->have > had)
        memset(m->counts + had, 0, (m->have - had) * sizeof *m->counts);
    return 0;
}

int metrics_add(metrics *m, const record *r)
{
    if (!record_find(r, "labels")) {
        if (m->o.skip_unlabelled) {
            m->unlabelled++;
            return 0;
        }
        err_set("no gold codes to compare with (--skip-unlabelled passes such records over)");
        return record_error(r, "labels");
    }
    const float *scores = read_scores(m, r);
    int gold = 0, known = 0, predicted = 0;
    if (!scores || read_gold(m, r, &gold, &known))
        return -1;
    int new = idset_add(&m->ids, r->id, strlen(r->id));
    if (new == 0) {
        err_set("this encounter was counted before");
        return record_error(r, "id");
    }
    if (new < 0 || grow_counts(m) || rank_gold(m, scores, known) ||
        (m->roc && roc_add(m->roc, scores, m->gold, known))) {
        m->broken = true;
        return -1;
    }
    int hits = add_counts(m, scores, gold, known, &predicted);
    add_ranking(m, gold, known);
    calibration_add(&m->calibration, scores, m->L, m->gold, known);
    m->documents++;
    const metrics_encounter e = {r->id, m->L,         scores,    m->gold, gold,
                                 known, m->predicted, predicted, hits,    m->ahead};
    if (m->o.on_encounter && m->o.on_encounter(m->o.context, &e)) {
        m->broken = true;
        return -1;
    }
    return 1;
}

/* ---- figures ---- */

int metrics_labels(const metrics *m)
{
    return m->o.known_only ? m->L : labels_count(m->codes);
}

const calibration *metrics_calibration(const metrics *m)
{
    return &m->calibration;
}

const char *metrics_code(const metrics *m, int i)
{
    return labels_code(m->codes, i);
}

void metrics_label(const metrics *m, int i, metrics_label_figures *out)
{
    const counts *c = &m->counts[i];
    *out = (metrics_label_figures){
        .code = labels_code(m->codes, i),
        .known = i < m->L,
        .gold = c->gold,
        .predicted = c->predicted,
        .hits = c->hits,
        .precision = ratio((double)c->hits, (double)c->predicted),
        .recall = ratio((double)c->hits, (double)c->gold),
        .f1 = ratio(2 * (double)c->hits, (double)(c->predicted + c->gold)),
        .auc = i < m->L && m->auc ? m->auc[i] : NAN,
    };
}

static void micro_figures(const counts *sum, metrics_figures *out)
{
    double hits = (double)sum->hits, gold = (double)sum->gold, predicted = (double)sum->predicted;
    out->micro.precision = ratio(hits, predicted);
    out->micro.recall = ratio(hits, gold);
    out->micro.f1 = ratio(2 * hits, predicted + gold);
    out->micro.accuracy = ratio(hits, predicted + gold - hits);
}

/* Means over the labels, and the sum of their counts. */
static void macro_figures(const metrics *m, counts *sum, metrics_figures *out)
{
    int n = metrics_labels(m), n_auc = 0, present = 0;
    double precision = 0, recall = 0, accuracy = 0, f1 = 0, f1_present = 0, auc = 0;
    for (int i = 0; i < n; i++) {
        const counts *c = &m->counts[i];
        double hits = (double)c->hits, gold = (double)c->gold, predicted = (double)c->predicted;
        double label_f1 = ratio_or_0(2 * hits, predicted + gold);
        precision += ratio_or_0(hits, predicted);
        recall += ratio_or_0(hits, gold);
        accuracy += ratio_or_0(hits, predicted + gold - hits);
        f1 += label_f1;
        if (c->gold) {
            f1_present += label_f1;
            present++;
        }
        if (m->auc && i < m->L && !isnan(m->auc[i])) {
            auc += m->auc[i];
            n_auc++;
        }
        sum->gold += c->gold;
        sum->predicted += c->predicted;
        sum->hits += c->hits;
    }
    double all = m->documents ? n : 0; /* without an encounter nothing is defined */
    out->macro.precision = ratio(precision, all);
    out->macro.recall = ratio(recall, all);
    out->macro.accuracy = ratio(accuracy, all);
    out->macro.f1_of_means = harmonic(out->macro.precision, out->macro.recall);
    out->macro.f1_mean = ratio(f1, all);
    out->macro.f1_mean_present = ratio(f1_present, present);
    out->macro.auc = ratio(auc, n_auc);
    out->labels_present = present;
    out->labels_auc = n_auc;
}

static void encounter_figures(const metrics *m, metrics_figures *out)
{
    double n = (double)m->documents;
    out->n_at = m->o.n_at;
    for (int a = 0; a < m->o.n_at; a++) {
        const metrics_at *sum = &m->at[a];
        metrics_at *at = &out->at[a];
        *at = (metrics_at){sum->k, ratio(sum->precision, n), ratio(sum->recall, n),
                           0,      ratio(sum->ndcg, n),      ratio(sum->rp, n)};
        at->f1 = harmonic(at->precision, at->recall);
    }
    out->map = ratio(m->map, n);
    out->exact_match = ratio((double)m->exact, n);
    out->jaccard = ratio(m->jaccard, n);
}

int metrics_finish(metrics *m, metrics_figures *out)
{
    *out = (metrics_figures){.documents = m->documents,
                             .unlabelled = m->unlabelled,
                             .labels = m->L,
                             .labels_unknown = labels_count(m->codes) - m->L,
                             .threshold = m->threshold};
    roc_figures curve = {NAN, NAN, NAN, NAN};
    if (m->roc) {
        uint64_t gold = 0;
        for (int i = 0; i < metrics_labels(m); i++)
            gold += m->counts[i].gold;
        if (!(m->auc = mem_array((size_t)m->L, sizeof *m->auc)) || roc_finish(m->roc, gold, m->auc, &curve))
            return -1;
    }
    counts sum = {0};
    macro_figures(m, &sum, out);
    micro_figures(&sum, out);
    encounter_figures(m, out);
    out->micro.auc = curve.micro_auc;
    out->micro.average_precision = curve.average_precision;
    out->brier = calibration_brier(&m->calibration);
    out->calibration_error = calibration_error(&m->calibration);
    out->best_threshold = curve.best_threshold;
    out->best_micro_f1 = curve.best_micro_f1;
    return 0;
}
