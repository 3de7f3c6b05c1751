/* SPDX-License-Identifier: Apache-2.0 */
/* Stores sparse results of systems, and computes the metrics of a selection of encounters. Encounters are
 * selected in resample.c. */
#include "eval/system_results.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/ratio.h"
#include "text/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ABSENT SIZE_MAX

/* The part of an encounter that all systems share. */
typedef struct encounter {
    size_t first; /* its gold codes are gold[first .. first+n) of the results */
    int32_t n;
    int32_t systems; /* number of systems that have it */
} encounter;

/* The result of one system. Its predicted codes are predicted[first .. first+predicted), true positives
 * first. */
typedef struct encounter_result {
    size_t first;
    int32_t predicted, true_positives;
    double precisions; /* sum over the gold codes of the precision at their rank */
} encounter_result;

typedef struct row_of_codes {
    int32_t *v;
    size_t n, cap;
} row_of_codes;

typedef struct system_result {
    const char *name;
    encounter_result *rows; /* [encounters] */
    size_t n, cap;
    int32_t *true_positives_at; /* [encounters][n_at] */
    size_t true_positives_cap;
    row_of_codes predicted;
} system_result;

struct system_results {
    system_results_options o;
    map *ids;        /* of the first system's encounters */
    labels *codes;   /* the union */
    encounter *rows; /* [map_size(ids)] */
    size_t rows_cap;
    row_of_codes gold;
    system_result *systems;
    size_t n_systems, systems_cap;
    int32_t extra; /* encounters that only later systems have */

    /* of the system being read */
    const metrics *source;
    row_of_codes code_of; /* the model's labels as codes of the union */

    bool *known; /* [labels of the union] whether some system has that label */
    size_t known_cap;

    /* after system_results_finish */
    int32_t *order; /* [n] rows, in order of id */
    int32_t n, left_out, n_labels;
};

static int add_code(row_of_codes *row, int32_t code)
{
    if (mem_grow(&row->v, &row->cap, row->n + 1, sizeof *row->v))
        return -1;
    row->v[row->n++] = code;
    return 0;
}

system_results *system_results_new(const system_results_options *options)
{
    system_results *o = mem_array(1, sizeof *o);
    if (!o)
        return NULL;
    o->o = *options;
    o->ids = map_new();
    o->codes = labels_new();
    if (!o->ids || !o->codes) {
        system_results_free(o);
        return NULL;
    }
    return o;
}

void system_results_free(system_results *o)
{
    if (!o)
        return;
    for (size_t s = 0; s < o->n_systems; s++) {
        mem_free(o->systems[s].rows);
        mem_free(o->systems[s].true_positives_at);
        mem_free(o->systems[s].predicted.v);
    }
    mem_free(o->systems);
    map_free(o->ids);
    labels_free(o->codes);
    mem_free(o->rows);
    mem_free(o->gold.v);
    mem_free(o->code_of.v);
    mem_free(o->known);
    mem_free(o->order);
    mem_free(o);
}

/* ---- reading a system ---- */

int system_results_begin(system_results *o, const char *name, const metrics *m)
{
    if (mem_grow(&o->systems, &o->systems_cap, o->n_systems + 1, sizeof *o->systems))
        return -1;
    o->systems[o->n_systems++] = (system_result){.name = name};
    o->source = m;
    o->code_of.n = 0;
    return 0;
}

/* Maps labels 0 .. n-1 of the system being read to codes of the union; the system can predict the first L. */
static int map_codes(system_results *o, int32_t n, int L)
{
    while (o->code_of.n < (size_t)n) {
        int32_t i = (int32_t)o->code_of.n, had = labels_count(o->codes);
        const char *code = metrics_code(o->source, i);
        int32_t j = labels_add(o->codes, code, strlen(code), NULL);
        if (j < 0 || add_code(&o->code_of, j) ||
            mem_grow(&o->known, &o->known_cap, (size_t)j + 1, sizeof *o->known))
            return -1;
        o->known[j] = (j < had && o->known[j]) || i < L;
    }
    return 0;
}

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Writes the gold codes of e to o->gold.v + o->gold.n as codes of the union, ascending; o->gold.n does not
 * change. */
static int32_t *gold_codes(system_results *o, const metrics_encounter *e)
{
    if (mem_grow(&o->gold.v, &o->gold.cap, o->gold.n + (size_t)e->n_gold + 1, sizeof *o->gold.v))
        return NULL;
    int32_t *gold = o->gold.v + o->gold.n;
    for (int i = 0; i < e->n_gold; i++)
        gold[i] = o->code_of.v[e->gold[i]];
    qsort(gold, (size_t)e->n_gold, sizeof *gold, ascending);
    return gold;
}

/* The row of an encounter. -1 if only later systems have it, or on an error: then *failed is true. */
static int32_t row_of(system_results *o, const metrics_encounter *e, bool *failed)
{
    size_t length = strlen(e->id);
    const int32_t *gold = gold_codes(o, e);
    *failed = !gold;
    if (!gold)
        return -1;
    if (o->n_systems == 1) {
        int32_t i = map_add(o->ids, e->id, length);
        *failed = i < 0 || mem_grow(&o->rows, &o->rows_cap, (size_t)i + 1, sizeof *o->rows);
        if (*failed)
            return -1;
        o->rows[i] = (encounter){o->gold.n, e->n_gold, 1};
        o->gold.n += (size_t)e->n_gold;
        return i;
    }
    const char *first = o->systems[0].name, *name = o->systems[o->n_systems - 1].name;
    int32_t i = map_find(o->ids, e->id, length);
    if (i < 0) {
        o->extra++;
        *failed = !o->o.common;
        if (*failed)
            err_set("%s: encounter %s is not in %s", name, e->id, first);
        return -1;
    }
    encounter *row = &o->rows[i];
    *failed = row->n != e->n_gold || memcmp(o->gold.v + row->first, gold, (size_t)row->n * sizeof *gold) != 0;
    if (*failed) {
        err_set("%s: encounter %s has other gold codes than in %s", name, e->id, first);
        return -1;
    }
    row->systems++;
    return i;
}

/* Adds rows up to and including i. */
static int add_rows(const system_results *o, system_result *s, int32_t i)
{
    size_t n = (size_t)i + 1, at = (size_t)o->o.n_at;
    if (mem_grow(&s->rows, &s->cap, n, sizeof *s->rows) ||
        mem_grow(&s->true_positives_at, &s->true_positives_cap, n * at, sizeof *s->true_positives_at))
        return -1;
    for (; s->n < n; s->n++)
        s->rows[s->n].first = ABSENT;
    return 0;
}

/* The predicted codes of e that are gold, or those that are not. */
static int add_predicted(system_results *o, row_of_codes *to, const metrics_encounter *e, bool true_positives)
{
    for (int i = 0, g = 0; i < e->n_predicted; i++) {
        while (g < e->n_gold && e->gold[g] < e->predicted[i])
            g++;
        bool hit = g < e->n_gold && e->gold[g] == e->predicted[i];
        if (hit == true_positives && add_code(to, o->code_of.v[e->predicted[i]]))
            return -1;
    }
    return 0;
}

int system_results_add(void *context, const metrics_encounter *e)
{
    system_results *o = context;
    system_result *s = &o->systems[o->n_systems - 1];
    int32_t last = e->n_gold ? e->gold[e->n_gold - 1] : 0, seen = last < e->L ? e->L : last + 1;
    bool failed;
    if (map_codes(o, seen, e->L))
        return -1;
    int32_t i = row_of(o, e, &failed);
    if (i < 0)
        return failed ? -1 : 0;
    if (add_rows(o, s, i))
        return -1;
    s->rows[i] = (encounter_result){
        .first = s->predicted.n, .predicted = e->n_predicted, .true_positives = e->true_positives};
    for (int g = 0; g < e->n_known; g++)
        s->rows[i].precisions += (g + 1) / ((double)e->ranked_higher[g] + 1);
    for (int a = 0; a < o->o.n_at; a++) {
        int32_t true_positives = 0;
        while (true_positives < e->n_known && e->ranked_higher[true_positives] < (uint64_t)o->o.at[a])
            true_positives++;
        s->true_positives_at[(size_t)i * (size_t)o->o.n_at + (size_t)a] = true_positives;
    }
    return add_predicted(o, &s->predicted, e, true) || add_predicted(o, &s->predicted, e, false) ? -1 : 0;
}

int system_results_end(system_results *o, int L)
{
    int status = map_codes(o, L, L);
    o->source = NULL;
    return status;
}

/* ---- matching ---- */

typedef struct named_row {
    const char *id;
    int32_t row;
} named_row;

static int by_id(const void *a, const void *b)
{
    return strcmp(((const named_row *)a)->id, ((const named_row *)b)->id);
}

static int lacking(const system_results *o, int32_t row)
{
    size_t s = 1;
    while ((size_t)row < o->systems[s].n && o->systems[s].rows[row].first != ABSENT)
        s++;
    return err_set("%s: encounter %s of %s is missing", o->systems[s].name, map_key(o->ids, row, NULL),
                   o->systems[0].name);
}

static int sort_rows(system_results *o)
{
    int32_t n = map_size(o->ids);
    named_row *named = mem_array((size_t)n, sizeof *named);
    o->order = mem_array((size_t)n, sizeof *o->order);
    int status = named && o->order ? 0 : -1;
    for (int32_t i = 0; !status && i < n; i++) {
        if ((size_t)o->rows[i].systems == o->n_systems)
            named[o->n++] = (named_row){map_key(o->ids, i, NULL), i};
        else if (!o->o.common)
            status = lacking(o, i);
    }
    if (!status) {
        qsort(named, (size_t)o->n, sizeof *named, by_id);
        for (int32_t i = 0; i < o->n; i++)
            o->order[i] = named[i].row;
        o->left_out = n - o->n + o->extra;
    }
    mem_free(named);
    return status;
}

static void drop_unknown_gold(system_results *o)
{
    for (int32_t i = 0; i < map_size(o->ids); i++) {
        encounter *e = &o->rows[i];
        int32_t *gold = o->gold.v + e->first, kept = 0;
        for (int32_t g = 0; g < e->n; g++)
            if (o->known[gold[g]])
                gold[kept++] = gold[g];
        e->n = kept;
    }
}

int system_results_finish(system_results *o)
{
    for (int32_t j = 0; j < labels_count(o->codes); j++)
        o->n_labels += o->known[j] || !o->o.known_only;
    if (o->o.known_only)
        drop_unknown_gold(o);
    return sort_rows(o);
}

int system_results_systems(const system_results *o)
{
    return (int)o->n_systems;
}

int32_t system_results_encounters(const system_results *o)
{
    return o->n;
}

int32_t system_results_left_out(const system_results *o)
{
    return o->left_out;
}

int32_t system_results_labels(const system_results *o)
{
    return o->n_labels;
}

/* ---- metrics ---- */

static const system_results_name names[] = {{"micro", "precision", 0}, {"micro", "recall", 0},
                                            {"micro", "f1", 0},        {"macro", "precision", 0},
                                            {"macro", "recall", 0},    {"macro", "f1_of_means", 0},
                                            {"macro", "f1_mean", 0},   {"macro", "f1_mean_present", 0},
                                            {NULL, "map", 0},          {NULL, "exact_match", 0},
                                            {NULL, "jaccard", 0}};
enum { NAMES = sizeof names / sizeof *names };

int system_results_metrics(const system_results *o)
{
    return NAMES + 2 * o->o.n_at;
}

system_results_name system_results_metric(const system_results *o, int i)
{
    if (i < NAMES)
        return names[i];
    i -= NAMES;
    return (system_results_name){"at", i % 2 ? "recall" : "precision", o->o.at[i / 2]};
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
    const encounter *e = &o->rows[row];
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
