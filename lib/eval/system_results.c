/* SPDX-License-Identifier: Apache-2.0 */
/* Stores the sparse results of systems and matches their encounters. The metrics of a selection of encounters
 * are computed in bootstrap_sample.c; the selection is made in resample.c. */
#include "eval/system_results.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/printable.h"
#include "eval/system_results_private.h"

#include <stdlib.h>
#include <string.h>

static int add_code(code_list *row, int32_t code)
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
        o->rows[i] = (system_encounter){o->gold.n, e->n_gold, 1};
        o->gold.n += (size_t)e->n_gold;
        return i;
    }
    const char *first = o->systems[0].name, *name = o->systems[o->n_systems - 1].name;
    char id[PRINTABLE_ROOM];
    int32_t i = map_find(o->ids, e->id, length);
    if (i < 0) {
        o->extra++;
        *failed = !o->o.common;
        if (*failed)
            err_set("%s: encounter %s is not in %s", name, printable_id(id, e->id, length), first);
        return -1;
    }
    system_encounter *row = &o->rows[i];
    *failed = row->n != e->n_gold || memcmp(o->gold.v + row->first, gold, (size_t)row->n * sizeof *gold) != 0;
    if (*failed) {
        err_set("%s: encounter %s has other gold codes than in %s", name, printable_id(id, e->id, length),
                first);
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
        s->rows[s->n].first = SYSTEM_RESULT_ABSENT;
    return 0;
}

/* The predicted codes of e that are gold, or those that are not. */
static int add_predicted(system_results *o, code_list *to, const metrics_encounter *e, bool true_positives)
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
    while ((size_t)row < o->systems[s].n && o->systems[s].rows[row].first != SYSTEM_RESULT_ABSENT)
        s++;
    size_t n;
    char id[PRINTABLE_ROOM];
    const char *key = map_key(o->ids, row, &n);
    return err_set("%s: encounter %s of %s is missing", o->systems[s].name, printable_id(id, key, n),
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
        system_encounter *e = &o->rows[i];
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
