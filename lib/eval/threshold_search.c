/* SPDX-License-Identifier: Apache-2.0 */
/* The distinct scores of each label's positives are cuts. The negatives between them are counted. */
#include "eval/threshold_search.h"

#include "base/mem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct cut {
    float score;
    int32_t label;
    uint64_t positives, equal; /* positives with that score; negatives with that score */
    uint64_t below;            /* negatives between this cut and the next lower one of the label */
    float highest;             /* the highest of those */
} cut;

typedef struct tuning {
    int L;
    cut *cuts; /* [n] in order of label, then score */
    size_t n, cap;
    size_t *start;   /* [L+1] the cuts of each label */
    uint64_t *above; /* [L] negatives above all cuts */
} tuning;

static int collect_positives(void *context, const float *scores, const int32_t *gold, int n)
{
    tuning *t = context;
    if (mem_grow(&t->cuts, &t->cap, t->n + (size_t)n, sizeof *t->cuts))
        return -1;
    for (int i = 0; i < n; i++)
        t->cuts[t->n++] = (cut){.score = scores[gold[i]] + 0.0f, .label = gold[i], .positives = 1};
    return 0;
}

static int by_label_and_score(const void *a, const void *b)
{
    const cut *x = a, *y = b;
    return x->label != y->label ? (x->label > y->label) - (x->label < y->label)
                                : (x->score > y->score) - (x->score < y->score);
}

/* Merges equal scores of a label into one cut. */
static int merge_cuts(tuning *t)
{
    size_t n = 0;
    t->start = mem_array((size_t)t->L + 1, sizeof *t->start);
    t->above = mem_array((size_t)t->L, sizeof *t->above);
    if (!t->start || !t->above)
        return -1;
    if (t->n)
        qsort(t->cuts, t->n, sizeof *t->cuts, by_label_and_score);
    for (size_t i = 0; i < t->n; i++) {
        if (n && by_label_and_score(&t->cuts[n - 1], &t->cuts[i]) == 0) {
            t->cuts[n - 1].positives++;
            continue;
        }
        t->cuts[n++] = t->cuts[i];
        t->start[t->cuts[i].label + 1]++;
    }
    t->n = n;
    for (int j = 0; j < t->L; j++)
        t->start[j + 1] += t->start[j];
    return 0;
}

static void count_negative(tuning *t, int j, float score)
{
    size_t low = t->start[j], high = t->start[j + 1];
    while (low < high) { /* the first cut that is not below the score */
        const size_t middle = low + (high - low) / 2;
        if (t->cuts[middle].score < score)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == t->start[j + 1]) {
        t->above[j]++;
        return;
    }
    cut *c = &t->cuts[low];
    if (c->score == score) {
        c->equal++;
        return;
    }
    c->below++;
    c->highest = score > c->highest ? score : c->highest;
}

static int count_negatives(void *context, const float *scores, const int32_t *gold, int n)
{
    tuning *t = context;
    for (int j = 0, next = 0; j < t->L; j++) {
        if (next < n && gold[next] == j)
            next++;
        else
            count_negative(t, j, scores[j] + 0.0f);
    }
    return 0;
}

/* Scores of 0 and 1 have no logit: the nearest floats are used. */
static double logit(double p)
{
    const double inside = p < FLT_MIN ? FLT_MIN : p > 1 - FLT_EPSILON / 2 ? 1 - FLT_EPSILON / 2 : p;
    return log(inside) - log1p(-inside);
}

static double distance(double a, double b)
{
    return fabs(logit(a) - logit(b));
}

/* From the highest cut down, as roc.c does for all labels together. gold: the label's positives. */
static float best_threshold(const tuning *t, int j, uint64_t gold, float common)
{
    uint64_t true_positives = 0, predicted = t->above[j];
    double best = common, best_f1 = 0;
    for (size_t i = t->start[j + 1]; i-- > t->start[j] && t->cuts[i].score > 0;) {
        const cut *c = &t->cuts[i];
        true_positives += c->positives;
        predicted += c->positives + c->equal;
        const double f1 = 2.0 * (double)true_positives / (double)(predicted + gold);
        const float low = c->below ? c->highest : i > t->start[j] ? c[-1].score : 0;
        const double threshold = threshold_within(low, c->score, common);
        if (f1 > best_f1 || (f1 == best_f1 && distance(threshold, common) < distance(best, common))) {
            best = threshold;
            best_f1 = f1;
        }
        predicted += c->below;
    }
    return (float)best;
}

static float towards(float own, float common, uint64_t n, double k)
{
    if (k == 0 || own == common)
        return own;
    const double x = ((double)n * logit(own) + k * logit(common)) / ((double)n + k);
    return (float)(1 / (1 + exp(-x)));
}

static void find_thresholds(const tuning *t, float common, double k, float *out)
{
    for (int j = 0; j < t->L; j++) {
        uint64_t gold = 0;
        for (size_t i = t->start[j]; i < t->start[j + 1]; i++)
            gold += t->cuts[i].positives;
        out[j] = gold ? towards(best_threshold(t, j, gold, common), common, gold, k) : common;
    }
}

int tune_labels(roc *r, int L, float common, double k, float *t)
{
    tuning all = {.L = L};
    int result = roc_each_row(r, collect_positives, &all) || merge_cuts(&all) ||
                 roc_each_row(r, count_negatives, &all);
    if (!result)
        find_thresholds(&all, common, k, t);
    mem_free(all.cuts);
    mem_free(all.start);
    mem_free(all.above);
    return result ? -1 : 0;
}
