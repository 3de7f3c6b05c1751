/* SPDX-License-Identifier: Apache-2.0 */
/* Iterative stratification (Sechidis, Tsoumakas and Vlahavas, 2011) of groups of encounters. */
#include "corpus/divide.h"
#include "base/err.h"
#include "base/printable.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* ---- groups ---- */

typedef struct groups {
    int32_t n;
    int32_t *of;       /* [encounters] the group of each */
    size_t *first;     /* [n + 1] in members */
    int32_t *members;  /* [encounters] */
    int32_t *part;     /* [n] -1: not yet assigned */
    double *left;      /* [parts] encounters that the part still needs */
    double *code_left; /* [codes][parts] the same for encounters with the code */
    int32_t *code_n;   /* [codes] encounters with the code that are not yet assigned */
    size_t *code_first;
    int32_t *code_groups; /* [code_first[c] .. code_first[c + 1]) groups with code c, in random order; a group
                             can be repeated */
} groups;

static void groups_free(groups *g)
{
    mem_free(g->of);
    mem_free(g->first);
    mem_free(g->members);
    mem_free(g->part);
    mem_free(g->left);
    mem_free(g->code_left);
    mem_free(g->code_n);
    mem_free(g->code_first);
    mem_free(g->code_groups);
}

/* Groups are numbered in order of their first encounter. */
static int number_groups(groups *g, const encounter_index *x)
{
    const size_t n_patients = (size_t)map_size(x->patients), n_texts = (size_t)map_size(x->texts);
    int32_t *seen = mem_room(n_patients + n_texts, sizeof *seen);
    g->of = mem_room(x->n, sizeof *g->of);
    if (!seen || !g->of) {
        mem_free(seen);
        return -1;
    }
    memset(seen, 0xff, (n_patients + n_texts) * sizeof *seen);
    for (size_t i = 0; i < x->n; i++) {
        const indexed_encounter *e = &x->encounters[i];
        int32_t *same = e->patient >= 0 ? &seen[e->patient]
                        : e->text >= 0  ? &seen[n_patients + (size_t)e->text]
                                        : NULL;
        g->of[i] = same && *same >= 0 ? *same : g->n++;
        if (same)
            *same = g->of[i];
    }
    mem_free(seen);
    return 0;
}

static int list_members(groups *g, const encounter_index *x)
{
    g->first = mem_array((size_t)g->n + 2, sizeof *g->first);
    g->members = mem_room(x->n, sizeof *g->members);
    g->part = mem_room((size_t)g->n, sizeof *g->part);
    if (!g->first || !g->members || !g->part)
        return -1;
    memset(g->part, 0xff, (size_t)g->n * sizeof *g->part);
    for (size_t i = 0; i < x->n; i++)
        g->first[g->of[i] + 2]++;
    for (int32_t i = 0; i < g->n; i++)
        g->first[i + 2] += g->first[i + 1];
    for (size_t i = 0; i < x->n; i++)
        g->members[g->first[g->of[i] + 1]++] = (int32_t)i;
    return 0;
}

/* Lists the groups of each code. order[n] is the random order of the groups. */
static int list_codes(groups *g, const encounter_index *x, const int32_t *order, const double *share,
                      int32_t parts)
{
    const size_t codes = (size_t)map_size(x->codes);
    g->left = mem_room((size_t)parts, sizeof *g->left);
    g->code_left = mem_room(codes * (size_t)parts, sizeof *g->code_left);
    g->code_n = mem_array(codes, sizeof *g->code_n);
    g->code_first = mem_array(codes + 2, sizeof *g->code_first);
    g->code_groups = mem_room(x->n_codes, sizeof *g->code_groups);
    if (!g->left || !g->code_left || !g->code_n || !g->code_first || !g->code_groups)
        return -1;
    for (size_t i = 0; i < x->n_codes; i++) {
        g->code_n[x->codes_of[i]]++;
        g->code_first[x->codes_of[i] + 2]++;
    }
    for (size_t c = 0; c < codes; c++)
        g->code_first[c + 2] += g->code_first[c + 1];
    for (int32_t i = 0; i < g->n; i++)
        for (size_t m = g->first[order[i]]; m < g->first[order[i] + 1]; m++) {
            const indexed_encounter *e = &x->encounters[g->members[m]];
            for (size_t c = e->first_code; c < e->first_code + e->n_codes; c++)
                g->code_groups[g->code_first[x->codes_of[c] + 1]++] = order[i];
        }
    for (int32_t p = 0; p < parts; p++) {
        g->left[p] = share[p] * (double)x->n;
        for (size_t c = 0; c < codes; c++)
            g->code_left[c * (size_t)parts + (size_t)p] = share[p] * g->code_n[c];
    }
    return 0;
}

/* ---- stratification ---- */

static void assign(groups *g, const encounter_index *x, int32_t group, int32_t part, int32_t parts)
{
    g->part[group] = part;
    for (size_t m = g->first[group]; m < g->first[group + 1]; m++) {
        const indexed_encounter *e = &x->encounters[g->members[m]];
        g->left[part] -= 1;
        for (size_t i = e->first_code; i < e->first_code + e->n_codes; i++) {
            const int32_t c = x->codes_of[i];
            g->code_left[(size_t)c * (size_t)parts + (size_t)part] -= 1;
            g->code_n[c]--;
        }
    }
}

/* The part that needs most encounters of a code (wanted[parts]), of these the one that needs most encounters.
 */
static int32_t neediest(const double *wanted, const double *left, int32_t parts)
{
    int32_t best = 0;
    for (int32_t p = 1; p < parts; p++)
        if (wanted[p] > wanted[best] || (wanted[p] >= wanted[best] && left[p] > left[best]))
            best = p;
    return best;
}

/* The code with the fewest encounters that are not yet assigned; -1: all are assigned. */
static int32_t rarest(const groups *g, int32_t codes)
{
    int32_t best = -1;
    for (int32_t c = 0; c < codes; c++)
        if (g->code_n[c] > 0 && (best < 0 || g->code_n[c] < g->code_n[best]))
            best = c;
    return best;
}

static void stratify(groups *g, const encounter_index *x, int32_t parts)
{
    const int32_t codes = map_size(x->codes);
    for (int32_t c; (c = rarest(g, codes)) >= 0;)
        for (size_t i = g->code_first[c]; i < g->code_first[c + 1]; i++) {
            const int32_t group = g->code_groups[i];
            if (g->part[group] < 0)
                assign(g, x, group, neediest(&g->code_left[(size_t)c * (size_t)parts], g->left, parts),
                       parts);
        }
}

static int divide_groups(encounter_index *x, bool by_codes, const double *share, int32_t parts, uint64_t seed)
{
    groups g = {0};
    int32_t *order = NULL;
    int result = -1;
    if (number_groups(&g, x) == 0 && list_members(&g, x) == 0 &&
        (order = mem_room((size_t)g.n, sizeof *order)) != NULL) {
        rng r;
        rng_seed(&r, seed, 0, 0);
        for (int32_t i = 0; i < g.n; i++)
            order[i] = i;
        rng_shuffle(&r, order, g.n);
        result = list_codes(&g, x, order, share, parts);
    }
    if (result == 0) {
        if (by_codes)
            stratify(&g, x, parts);
        for (int32_t i = 0; i < g.n; i++)
            if (g.part[order[i]] < 0)
                assign(&g, x, order[i], neediest(g.left, g.left, parts), parts);
        for (size_t i = 0; i < x->n; i++)
            x->encounters[i].part = g.part[g.of[i]];
    }
    mem_free(order);
    groups_free(&g);
    return result;
}

/* ---- dates ---- */

static int by_date(const void *a, const void *b, void *context)
{
    const encounter_index *x = context;
    const int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    const int order =
        strcmp(encounter_index_date(x, &x->encounters[i]), encounter_index_date(x, &x->encounters[j]));
    return order ? order : (i > j) - (i < j);
}

static int divide_dates(encounter_index *x, const double *share, int32_t parts)
{
    int32_t *order = mem_room(x->n, sizeof *order), part = 0;
    double end = share[0] * (double)x->n;
    const char *before = "";
    if (!order)
        return -1;
    for (size_t i = 0; i < x->n; i++)
        order[i] = (int32_t)i;
    if (x->n > 1)
        qsort_r(order, x->n, sizeof *order, by_date, x);
    for (size_t i = 0; i < x->n; i++) {
        indexed_encounter *e = &x->encounters[order[i]];
        const char *date = encounter_index_date(x, e);
        while (strcmp(date, before) != 0 && part + 1 < parts && (double)i + 0.5 > end)
            end += share[++part] * (double)x->n;
        e->part = part;
        before = date;
    }
    mem_free(order);
    return 0;
}

int divide(encounter_index *x, divide_rule rule, const double *share, int32_t parts, uint64_t seed)
{
    for (size_t i = 0; i < x->n; i++) {
        const indexed_encounter *e = &x->encounters[i];
        char shown[PRINTABLE_ROOM];
        size_t n;
        const char *id = map_key(x->ids, e->id, &n);
        if (rule == DIVIDE_PATIENT && e->patient < 0)
            return err_set("encounter %s has no key %s", printable_id(shown, id, n), x->patient_key);
        if (rule == DIVIDE_DATE && e->date == SIZE_MAX)
            return err_set("encounter %s has no key %s, and neither have its notes",
                           printable_id(shown, id, n), x->date_key);
    }
    return rule == DIVIDE_DATE ? divide_dates(x, share, parts)
                               : divide_groups(x, rule == DIVIDE_CODES, share, parts, seed);
}

/* ---- overlaps ---- */

enum { IN_A = 1, IN_B = 2, COUNTED = 4 };

static int32_t name_of(const indexed_encounter *e, int kind)
{
    return kind == 0 ? e->id : kind == 1 ? e->text : e->patient;
}

static int find_overlap(const encounter_index *x, int32_t a, int32_t b, int kind, overlap *found)
{
    const map *names = kind == 0 ? x->ids : kind == 1 ? x->texts : x->patients;
    unsigned char *where = mem_array((size_t)map_size(names), 1);
    if (!where)
        return -1;
    *found = (overlap){0};
    for (size_t i = 0; i < x->n; i++) {
        const indexed_encounter *e = &x->encounters[i];
        const int32_t name = name_of(e, kind);
        if (name >= 0)
            where[name] |= (unsigned char)((e->part == a ? IN_A : 0) | (e->part == b ? IN_B : 0));
    }
    for (size_t i = 0; i < x->n; i++) {
        const indexed_encounter *e = &x->encounters[i];
        const int32_t name = name_of(e, kind);
        if (name < 0 || where[name] != (IN_A | IN_B))
            continue;
        where[name] |= COUNTED;
        if (found->count++ == 0)
            found->first = kind == 2 ? map_key(x->patients, name, NULL) : map_key(x->ids, e->id, NULL);
    }
    mem_free(where);
    return 0;
}

int find_overlaps(const encounter_index *x, int32_t a, int32_t b, overlaps *found)
{
    return find_overlap(x, a, b, 0, &found->ids) || find_overlap(x, a, b, 1, &found->texts) ||
                   find_overlap(x, a, b, 2, &found->patients)
               ? -1
               : 0;
}
