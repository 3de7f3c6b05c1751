/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/selective.h"

#include "base/mem.h"
#include "base/ratio.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DRAWS = 1000, SEED = 1, WANTED = 2 };
static const double wanted_precisions[WANTED] = {.95, .98};
static const char *const unit_names[SELECTIVE_UNITS] = {"codes", "encounters"};

/* A code, or an encounter. */
typedef struct item {
    float confidence;
    int32_t encounter;
    uint32_t predicted, hits;
} item;

typedef struct item_list {
    item *of; /* [n] */
    size_t n, cap;
} item_list;

struct selective {
    item_list units[SELECTIVE_UNITS];
    uint32_t *gold; /* [encounters] */
    size_t encounters, gold_cap;
    bool sorted;
};

selective *selective_new(void)
{
    return mem_array(1, sizeof(selective));
}

void selective_free(selective *s)
{
    if (!s)
        return;
    for (int u = 0; u < SELECTIVE_UNITS; u++)
        mem_free(s->units[u].of);
    mem_free(s->gold);
    mem_free(s);
}

static int add(item_list *l, item x)
{
    if (l->n == l->cap && mem_grow(&l->of, &l->cap, l->n + l->n / 2 + 1, sizeof *l->of))
        return -1;
    l->of[l->n++] = x;
    return 0;
}

int selective_add(selective *s, const metrics_encounter *e)
{
    double sum = 0;
    if (mem_grow(&s->gold, &s->gold_cap, s->encounters + 1, sizeof *s->gold))
        return -1;
    for (int i = 0, g = 0; i < e->n_predicted; i++) {
        const int32_t j = e->predicted[i];
        while (g < e->n_known && e->gold[g] < j)
            g++;
        const uint32_t hit = g < e->n_known && e->gold[g] == j;
        sum += (double)e->scores[j];
        if (add(&s->units[SELECTIVE_CODES], (item){e->scores[j], (int32_t)s->encounters, 1, hit}))
            return -1;
    }
    const item whole = {e->n_predicted ? (float)(sum / e->n_predicted) : -1, (int32_t)s->encounters,
                        (uint32_t)e->n_predicted, (uint32_t)e->true_positives};
    if (add(&s->units[SELECTIVE_ENCOUNTERS], whole))
        return -1;
    s->gold[s->encounters++] = (uint32_t)e->n_gold;
    s->sorted = false;
    return 0;
}

static int by_confidence(const void *a, const void *b)
{
    const item *p = a, *q = b;
    if (p->confidence != q->confidence)
        return p->confidence > q->confidence ? -1 : 1;
    return (p->encounter > q->encounter) - (p->encounter < q->encounter);
}

static void sort(selective *s)
{
    for (int u = 0; u < SELECTIVE_UNITS && !s->sorted; u++)
        if (s->units[u].n)
            qsort(s->units[u].of, s->units[u].n, sizeof(item), by_confidence);
    s->sorted = true;
}

/* ---- one ranking ---- */

/* The first units of the ranking. */
typedef struct accepted {
    uint64_t units, predicted, hits;
    float last; /* the smallest confidence */
} accepted;

/* Accepts the units of the next confidence, each as often as its encounter is counted. times NULL: once.
 * False at the end, or if only encounters without a predicted code remain. */
static bool accept_next(accepted *a, size_t *at, const item_list *l, const uint32_t *times)
{
    if (*at == l->n || l->of[*at].confidence < 0)
        return false;
    a->last = l->of[*at].confidence;
    for (; *at < l->n && l->of[*at].confidence == a->last; ++*at) {
        const item *x = &l->of[*at];
        const uint32_t n = times ? times[x->encounter] : 1;
        a->units += n;
        a->predicted += (uint64_t)n * x->predicted;
        a->hits += (uint64_t)n * x->hits;
    }
    return true;
}

/* The largest number of accepted units with each precision. Returns the number of all units. */
static uint64_t search(const item_list *l, const uint32_t *times, const double *wanted, int n, accepted *best)
{
    accepted a = {0};
    uint64_t all = 0;
    size_t at = 0;
    memset(best, 0, (size_t)n * sizeof *best);
    while (accept_next(&a, &at, l, times))
        for (int k = 0; k < n; k++)
            if (a.units && (double)a.hits >= wanted[k] * (double)a.predicted)
                best[k] = a;
    for (size_t i = 0; i < l->n; i++)
        all += times ? times[l->of[i].encounter] : 1;
    return all;
}

/* ---- intervals ---- */

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* With linear interpolation. */
static double quantile(const double *sorted, int n, double q)
{
    const double at = q * (n - 1);
    const int low = (int)at;
    return low + 1 < n ? sorted[low] + (at - low) * (sorted[low + 1] - sorted[low]) : sorted[low];
}

/* coverages[n][DRAWS] */
static void draw_all(const selective *s, const item_list *l, const double *wanted, int n, uint32_t *times,
                     accepted *best, double *coverages)
{
    for (int b = 0; b < DRAWS; b++) {
        rng r;
        rng_seed(&r, SEED, 0, (uint64_t)b);
        memset(times, 0, s->encounters * sizeof *times);
        for (size_t i = 0; i < s->encounters; i++)
            times[rng_below(&r, (uint32_t)s->encounters)]++;
        const uint64_t all = search(l, times, wanted, n, best);
        for (int k = 0; k < n; k++)
            coverages[(size_t)k * DRAWS + (size_t)b] = all ? (double)best[k].units / (double)all : 0;
    }
}

static uint64_t count_gold(const selective *s)
{
    uint64_t gold = 0;
    for (size_t i = 0; i < s->encounters; i++)
        gold += s->gold[i];
    return gold;
}

int selective_at(selective *s, selective_unit unit, const double *wanted, int n, selective_results *out)
{
    const item_list *l = &s->units[unit];
    accepted *best = mem_array((size_t)n, sizeof *best);
    uint32_t *times = mem_array(s->encounters + 1, sizeof *times);
    double *coverages = mem_array((size_t)n * DRAWS, sizeof *coverages);
    const int result = best && times && coverages ? 0 : -1;
    sort(s);
    if (!result && l->n)
        draw_all(s, l, wanted, n, times, best, coverages);
    if (!result)
        search(l, NULL, wanted, n, best);
    for (int k = 0; k < n && !result; k++) {
        double *of = coverages + (size_t)k * DRAWS;
        qsort(of, DRAWS, sizeof *of, compare_doubles);
        out[k] = (selective_results){
            .precision = wanted[k],
            .coverage = ratio((double)best[k].units, (double)l->n),
            .low = l->n ? quantile(of, DRAWS, .025) : NAN,
            .high = l->n ? quantile(of, DRAWS, .975) : NAN,
            .recall = l->n ? ratio((double)best[k].hits, (double)count_gold(s)) : NAN,
            .threshold = best[k].units ? (double)best[k].last : NAN,
        };
    }
    mem_free(best);
    mem_free(times);
    mem_free(coverages);
    return result;
}

/* ---- output ---- */

void selective_write(selective *s, FILE *f)
{
    const double gold = (double)count_gold(s);
    sort(s);
    fputs("unit\tcoverage\tprecision\trecall\tthreshold\n", f);
    for (int u = 0; u < SELECTIVE_UNITS; u++) {
        const item_list *l = &s->units[u];
        accepted a = {0};
        size_t at = 0;
        for (int percent = 1; percent <= 100; percent++) {
            const uint64_t had = a.units;
            while (100 * a.units < (uint64_t)percent * l->n && accept_next(&a, &at, l, NULL))
                ;
            if (a.units > had)
                fprintf(f, "%s\t%.6g\t%.6g\t%.6g\t%.9g\n", unit_names[u], (double)a.units / (double)l->n,
                        ratio((double)a.hits, (double)a.predicted), ratio((double)a.hits, gold),
                        (double)a.last);
        }
    }
}

json_t *selective_json(selective *s)
{
    json_t *o = json_object();
    for (int u = 0; u < SELECTIVE_UNITS; u++) {
        selective_results r[WANTED];
        json_t *list = json_array();
        if (selective_at(s, (selective_unit)u, wanted_precisions, WANTED, r)) {
            json_decref(list);
            json_decref(o);
            return NULL;
        }
        for (int k = 0; k < WANTED; k++) {
            json_t *one = json_object();
            ecan_json_set(one, "precision", ecan_json_double(r[k].precision));
            ecan_json_set(one, "coverage", ecan_json_double(r[k].coverage));
            ecan_json_set(one, "low", ecan_json_double(r[k].low));
            ecan_json_set(one, "high", ecan_json_double(r[k].high));
            ecan_json_set(one, "recall", ecan_json_double(r[k].recall));
            ecan_json_set(one, "threshold", ecan_json_float((float)r[k].threshold));
            ecan_json_append(list, one);
        }
        ecan_json_set(o, unit_names[u], list);
    }
    return ecan_json_complete(o);
}

int selective_table(FILE *f, selective *s)
{
    fputs("\ncoded without a person  precision  coverage  95% interval     recall  threshold\n", f);
    for (int u = 0; u < SELECTIVE_UNITS; u++) {
        selective_results r[WANTED];
        if (selective_at(s, (selective_unit)u, wanted_precisions, WANTED, r))
            return -1;
        for (int k = 0; k < WANTED; k++) {
            fprintf(f, "%-22s  %9.2f", u == SELECTIVE_CODES ? "predicted codes" : "encounters",
                    r[k].precision);
            if (isnan(r[k].coverage))
                fputs("         -\n", f);
            else if (isnan(r[k].threshold))
                fprintf(f, "  %8.4f  %.4f - %.4f          -          -\n", r[k].coverage, r[k].low,
                        r[k].high);
            else
                fprintf(f, "  %8.4f  %.4f - %.4f  %9.4f  %9.4f\n", r[k].coverage, r[k].low, r[k].high,
                        r[k].recall, r[k].threshold);
        }
    }
    return 0;
}
