/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/breakdown.h"

#include "base/mem.h"
#include "base/ratio.h"

#include <string.h>

/* How often a group was counted as a code, and the last encounter in which it was. */
typedef struct met {
    label_counts counts;
    uint64_t gold, predicted; /* number of the encounter */
} met;

struct breakdown {
    groups *g;
    int32_t *of; /* [n_of] group of each label found so far */
    met *met;    /* [groups_count] */
    size_t n_of, of_cap, met_cap, n_met;
    uint64_t encounters, exact;
    double jaccard;
    breakdown_group *rows;
    int n_rows;
    breakdown_total all;
};

breakdown *breakdown_new(groups *g)
{
    breakdown *b = mem_array(1, sizeof *b);
    if (b)
        b->g = g;
    return b;
}

void breakdown_free(breakdown *b)
{
    if (!b)
        return;
    mem_free(b->of);
    mem_free(b->met);
    mem_free(b->rows);
    mem_free(b);
}

/* Finds the groups of labels 0 .. n-1. */
static int find_groups(breakdown *b, const metrics *m, size_t n)
{
    if (mem_grow(&b->of, &b->of_cap, n, sizeof *b->of))
        return -1;
    for (; b->n_of < n; b->n_of++)
        if ((b->of[b->n_of] = groups_of(b->g, metrics_code(m, (int)b->n_of))) < 0)
            return -1;
    const size_t count = (size_t)groups_count(b->g);
    if (mem_grow(&b->met, &b->met_cap, count, sizeof *b->met))
        return -1;
    if (count > b->n_met)
        memset(b->met + b->n_met, 0, (count - b->n_met) * sizeof *b->met);
    b->n_met = count;
    return 0;
}

int breakdown_add(breakdown *b, const metrics *m, const metrics_encounter *e)
{
    const int32_t last = e->n_gold ? e->gold[e->n_gold - 1] : -1;
    const uint64_t number = ++b->encounters;
    uint64_t gold = 0, predicted = 0, true_positives = 0;
    if (find_groups(b, m, (size_t)(last >= e->L ? last + 1 : e->L)))
        return -1;
    for (int i = 0; i < e->n_gold; i++) {
        met *group = &b->met[b->of[e->gold[i]]];
        if (group->gold == number)
            continue;
        group->gold = number;
        group->counts.gold++;
        gold++;
    }
    for (int i = 0; i < e->n_predicted; i++) {
        met *group = &b->met[b->of[e->predicted[i]]];
        if (group->predicted == number)
            continue;
        group->predicted = number;
        group->counts.predicted++;
        group->counts.true_positives += group->gold == number;
        predicted++;
        true_positives += group->gold == number;
    }
    const uint64_t either = gold + predicted - true_positives;
    b->jaccard += either ? (double)true_positives / (double)either : 1;
    b->exact += true_positives == either;
    return 0;
}

static label_counts label_counts_of(const metrics *m, int label)
{
    metrics_label_results f;
    metrics_label(m, label, &f);
    return (label_counts){f.gold, f.predicted, f.true_positives};
}

/* Groups that have labels, in the order in which they are shown. */
static void finish_rows(breakdown *b, const int32_t *order)
{
    const bool any = b->encounters > 0;
    for (size_t i = 0; i < b->n_met; i++) {
        breakdown_group row = b->rows[order[i] + (int32_t)b->n_met];
        if (row.labels.labels == 0)
            continue;
        row.name = groups_name(b->g, order[i]);
        row.as_code = b->met[order[i]].counts;
        summary_add(&b->all.as_codes, &row.as_code);
        summary_end(&row.labels, any);
        b->rows[b->n_rows++] = row;
    }
    summary_end(&b->all.as_codes, any);
    b->all.exact_match = ratio((double)b->exact, (double)b->encounters);
    b->all.jaccard = ratio(b->jaccard, (double)b->encounters);
}

int breakdown_finish(breakdown *b, const metrics *m)
{
    const int n = metrics_labels(m);
    if (find_groups(b, m, (size_t)n))
        return -1;
    int32_t *order = mem_array(b->n_met, sizeof *order);
    b->rows = mem_array(2 * b->n_met, sizeof *b->rows); /* first as shown, then by number */
    if (!order || !b->rows) {
        mem_free(order);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        const label_counts t = label_counts_of(m, i);
        summary_add(&b->rows[b->n_met + (size_t)b->of[i]].labels, &t);
    }
    groups_order(b->g, order);
    finish_rows(b, order);
    mem_free(order);
    return 0;
}

const char *breakdown_by(const breakdown *b)
{
    return groups_by(b->g);
}

int breakdown_groups(const breakdown *b)
{
    return b->n_rows;
}

const breakdown_group *breakdown_at(const breakdown *b, int i)
{
    return &b->rows[i];
}

const breakdown_total *breakdown_all(const breakdown *b)
{
    return &b->all;
}

/* ---- by training frequency ---- */

void frequency_bins(const metrics *m, const training *t, const int64_t *edge, int n, frequency_bin *bins)
{
    for (int i = 0; i <= n; i++)
        bins[i] = (frequency_bin){.from = i ? (uint64_t)edge[i - 1] + 1 : 0,
                                  .to = i < n ? (uint64_t)edge[i] : UINT64_MAX};
    for (int l = 0; l < metrics_labels(m); l++) {
        const label_counts counts = label_counts_of(m, l);
        const uint64_t times = training_count(t, metrics_code(m, l));
        int i = 0;
        while (times > bins[i].to)
            i++;
        summary_add(&bins[i].labels, &counts);
    }
    for (int i = 0; i <= n; i++)
        summary_end(&bins[i].labels, metrics_encounters(m) > 0);
}
