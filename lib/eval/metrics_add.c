/* SPDX-License-Identifier: Apache-2.0 */
/* Adds one encounter to the counts per label, the sums per value of k, and the sums over encounters. */
#include "eval/metrics_private.h"

#include "base/err.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    const metrics_rank *x = a, *y = b;
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
        m->order[i] = (metrics_rank){scores[m->gold[i]], m->gold[i]};
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
            dcg += metrics_discount(m->ranked_higher[true_positives]);
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
