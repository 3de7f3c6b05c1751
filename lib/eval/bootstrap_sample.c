/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of a selection of encounters, from the stored results of one system. */
#include "eval/bootstrap_sample.h"

#include "base/mem.h"
#include "base/ratio.h"
#include "eval/system_results_private.h"

#include <math.h>
#include <string.h>

static const bootstrap_metric_name names[] = {{"micro", "precision", 0}, {"micro", "recall", 0},
                                              {"micro", "f1", 0},        {"macro", "precision", 0},
                                              {"macro", "recall", 0},    {"macro", "f1_of_means", 0},
                                              {"macro", "f1_mean", 0},   {"macro", "f1_mean_present", 0},
                                              {NULL, "map", 0},          {NULL, "exact_match", 0},
                                              {NULL, "jaccard", 0}};
enum { NAMES = sizeof names / sizeof *names };

int bootstrap_sample_n_metrics(const system_results *o)
{
    return NAMES + 2 * o->o.n_at;
}

bootstrap_metric_name bootstrap_sample_metric(const system_results *o, int i)
{
    if (i < NAMES)
        return names[i];
    i -= NAMES;
    return (bootstrap_metric_name){"at", i % 2 ? "recall" : "precision", o->o.at[i / 2]};
}

typedef struct label_counts {
    uint32_t gold, predicted, true_positives;
} label_counts;

struct bootstrap_sample {
    const system_results *o;
    uint64_t documents, gold, predicted, true_positives;
    double precision, exact, jaccard, precision_at[METRICS_AT],
        recall_at[METRICS_AT]; /* sums over encounters */
    label_counts *labels;      /* [n_labels] */
    size_t n_labels;
};

bootstrap_sample *bootstrap_sample_new(const system_results *o)
{
    bootstrap_sample *t = mem_array(1, sizeof *t);
    if (!t)
        return NULL;
    t->o = o;
    t->n_labels = (size_t)labels_count(o->codes);
    t->labels = mem_array(t->n_labels, sizeof *t->labels);
    if (!t->labels) {
        mem_free(t);
        return NULL;
    }
    return t;
}

void bootstrap_sample_free(bootstrap_sample *t)
{
    if (!t)
        return;
    mem_free(t->labels);
    mem_free(t);
}

void bootstrap_sample_clear(bootstrap_sample *t)
{
    memset(t->labels, 0, t->n_labels * sizeof *t->labels);
    *t = (bootstrap_sample){.o = t->o, .labels = t->labels, .n_labels = t->n_labels};
}

void bootstrap_sample_add(bootstrap_sample *t, int system, int32_t i, uint32_t times)
{
    const system_results *o = t->o;
    const system_result *s = &o->systems[system];
    int32_t row = o->order[i];
    const system_encounter *e = &o->rows[row];
    const encounter_result *x = &s->rows[row];
    const int32_t *gold = o->gold.v + e->first, *predicted = s->predicted.v + x->first;
    for (int32_t g = 0; g < e->n; g++)
        t->labels[gold[g]].gold += times;
    for (int32_t p = 0; p < x->predicted; p++)
        t->labels[predicted[p]].predicted += times;
    for (int32_t p = 0; p < x->true_positives; p++)
        t->labels[predicted[p]].true_positives += times;
    t->documents += times;
    t->gold += (uint64_t)times * (uint64_t)e->n;
    t->predicted += (uint64_t)times * (uint64_t)x->predicted;
    t->true_positives += (uint64_t)times * (uint64_t)x->true_positives;
    int32_t either = x->predicted + e->n - x->true_positives;
    t->exact += times * (double)(x->true_positives == either);
    t->jaccard += times * (either ? (double)x->true_positives / either : 1.0);
    t->precision += times * ratio_or_0(x->precisions, e->n);
    for (int a = 0; a < o->o.n_at; a++) {
        double true_positives = s->true_positives_at[(size_t)row * (size_t)o->o.n_at + (size_t)a];
        t->precision_at[a] += times * (true_positives / o->o.at[a]);
        t->recall_at[a] += times * ratio_or_0(true_positives, e->n);
    }
}

/* Means over the labels, as in metrics.c. */
static void macro_metrics(const bootstrap_sample *t, double *out)
{
    double precision = 0, recall = 0, f1 = 0;
    uint32_t present = 0;
    for (size_t j = 0; j < t->n_labels; j++) {
        const label_counts *c = &t->labels[j];
        present += c->gold > 0;
        if (c->true_positives == 0)
            continue; /* adds 0 to each sum */
        double true_positives = c->true_positives;
        precision += true_positives / c->predicted;
        recall += true_positives / c->gold;
        f1 += 2 * true_positives / ((double)c->predicted + c->gold);
    }
    double all = t->documents ? t->o->n_labels : 0;
    out[0] = ratio(precision, all);
    out[1] = ratio(recall, all);
    out[2] = all > 0 ? ratio_or_0(2 * out[0] * out[1], out[0] + out[1]) : NAN;
    out[3] = ratio(f1, all);
    out[4] = ratio(f1, present);
}

void bootstrap_sample_metrics(const bootstrap_sample *t, double *out)
{
    double true_positives = (double)t->true_positives, gold = (double)t->gold,
           predicted = (double)t->predicted, n = (double)t->documents;
    out[0] = ratio(true_positives, predicted);
    out[1] = ratio(true_positives, gold);
    out[2] = ratio(2 * true_positives, predicted + gold);
    macro_metrics(t, out + 3);
    out[8] = ratio(t->precision, n);
    out[9] = ratio(t->exact, n);
    out[10] = ratio(t->jaccard, n);
    for (int a = 0; a < t->o->o.n_at; a++) {
        out[NAMES + 2 * a] = ratio(t->precision_at[a], n);
        out[NAMES + 2 * a + 1] = ratio(t->recall_at[a], n);
    }
}
