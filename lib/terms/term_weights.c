/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/term_weights.h"

#include "base/err.h"
#include "base/mem.h"
#include "tensor/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double ridge = 1; /* for features of variance 1 */

static void features_of(double x[TERM_FEATURES], const term_counts *c)
{
    const double odds = log((c->both + 0.3) / (c->encounters - c->both + 1.0)), both = log(c->both),
                 frequency = log(c->frequency), covered = both - frequency,
                 claims = log((c->claimed + 0.3) / (c->both + 0.6)),
                 claimed = log((c->claimed + 0.3) / (c->frequency + 0.6));
    const double all[TERM_FEATURES] = {
        odds,           odds * odds / 4,       both,           both * both / 4,     frequency,
        covered,        covered * covered / 4, odds * covered, c->length == 1,      c->length == 2,
        c->length == 3, odds * frequency,      claims,         claims * claims / 4, c->claimed > 0,
        claimed,        claims * odds};
    memcpy(x, all, sizeof all);
}

static void scaled_features(double x[TERM_FEATURES], const term_weights *w, const term_counts *c)
{
    features_of(x, c);
    for (int j = 0; j < TERM_FEATURES; j++)
        x[j] = (x[j] - w->mean[j]) / w->scale[j];
}

float term_weight(const term_weights *w, const term_counts *c)
{
    double x[TERM_FEATURES], z = w->w[TERM_FEATURES];
    scaled_features(x, w, c);
    for (int j = 0; j < TERM_FEATURES; j++)
        z += w->w[j] * x[j];
    return (float)z;
}

/* Sorts by encounter and label; the other keys make the order the same in every run. */
static int by_doc_and_label(const void *a, const void *b)
{
    const observation *x = a, *y = b;
    const term_counts *p = &x->counts, *q = &y->counts;
    if (x->doc != y->doc)
        return x->doc < y->doc ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    if (p->both != q->both)
        return p->both < q->both ? -1 : 1;
    if (p->encounters != q->encounters)
        return p->encounters < q->encounters ? -1 : 1;
    if (p->length != q->length)
        return p->length < q->length ? -1 : 1;
    return (p->claimed > q->claimed) - (p->claimed < q->claimed);
}

static void find_scale(term_weights *w, const observation *seen, size_t n)
{
    double x[TERM_FEATURES];
    memset(w, 0, sizeof *w);
    for (size_t i = 0; i < n; i++) {
        features_of(x, &seen[i].counts);
        for (int j = 0; j < TERM_FEATURES; j++)
            w->mean[j] += x[j] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        features_of(x, &seen[i].counts);
        for (int j = 0; j < TERM_FEATURES; j++)
            w->scale[j] += (x[j] - w->mean[j]) * (x[j] - w->mean[j]) / (double)n;
    }
    for (int j = 0; j < TERM_FEATURES; j++)
        w->scale[j] = sqrt(w->scale[j]) + 1e-9;
}

/* Fits the rows best[n] of the observations: their features and a constant. 0 or -1. */
static int fit(term_weights *w, const observation *seen, const size_t *best, size_t n)
{
    enum { BIAS = TERM_FEATURES, MARKS, FEATURES = MARKS + SCOPE_KINDS };
    double all[FEATURES] = {0}, l2[FEATURES], x[TERM_FEATURES];
    float *rows = mem_array(n * FEATURES, sizeof *rows), *gold = mem_array(n, sizeof *gold);
    int result = rows && gold ? 0 : -1;
    for (size_t i = 0; !result && i < n; i++) {
        const observation *o = &seen[best[i]];
        scaled_features(x, w, &o->counts);
        for (int j = 0; j < TERM_FEATURES; j++)
            rows[i * FEATURES + (size_t)j] = (float)x[j];
        rows[i * FEATURES + BIAS] = 1;
        for (int k = 0; k < SCOPE_KINDS; k++)
            rows[i * FEATURES + (size_t)(MARKS + k)] = o->marks >> k & 1;
        gold[i] = o->gold;
    }
    for (int j = 0; j < FEATURES; j++)
        l2[j] = j == BIAS ? 1e-9 : ridge;
    if (!result)
        result = logistic_fit(all, &(logistic_rows){n, FEATURES, rows, gold, NULL}, l2);
    memcpy(w->w, all, sizeof w->w);
    for (int k = 0; k < SCOPE_KINDS; k++)
        w->marks.of[k] = (float)all[MARKS + k];
    mem_free(rows);
    mem_free(gold);
    return result;
}

static float observed_weight(const term_weights *w, const observation *o)
{
    float weight = term_weight(w, &o->counts);
    for (int k = 0; k < SCOPE_KINDS; k++)
        weight += o->marks >> k & 1 ? w->marks.of[k] : 0;
    return weight;
}

/* Sets best[] to the observation with the largest weight of each encounter and label. Returns their
 * number. */
static size_t find_best(size_t *best, const term_weights *w, const observation *seen, size_t n, bool first)
{
    size_t found = 0;
    float most = 0;
    for (size_t i = 0; i < n; i++) {
        const float weight = first ? term_claim(&seen[i].counts) : observed_weight(w, &seen[i]);
        const bool next = i == 0 || seen[i].doc != seen[i - 1].doc || seen[i].label != seen[i - 1].label;
        if (!next && weight <= most)
            continue;
        found += next;
        best[found - 1] = i;
        most = weight;
    }
    return found;
}

int term_weights_learn(term_weights *w, observation *seen, size_t n)
{
    size_t *best = mem_array(n, sizeof *best);
    if (!best)
        return -1;
    if (n) /* otherwise there may be no memory yet */
        qsort(seen, n, sizeof *seen, by_doc_and_label);
    find_scale(w, seen, n);
    int result = 0;
    for (int round = 0; !result && round < TERM_ROUNDS; round++) {
        result = fit(w, seen, best, find_best(best, w, seen, n, round == 0));
    }
    mem_free(best);
    return result;
}

int term_weights_denied(const term_weights *w)
{
    int denied = 0;
    for (int k = 0; k < SCOPE_KINDS; k++)
        denied |= (w->marks.of[k] < TERM_DENIED) << k;
    return denied;
}
