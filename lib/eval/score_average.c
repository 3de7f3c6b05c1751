/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/score_average.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/vectorised.h"
#include "eval/score_members.h"
#include "text/predicted.h"
#include "text/thresholds.h"

#include <math.h>

struct score_average {
    score_average_options o;
    int n;
    score_members members;
    double *weights;              /* [n] */
    float threshold, *thresholds; /* [L] */
    bool differ;
    double *whole; /* [L] divisor of the sum */

    /* scratch memory */
    double *sum;   /* [L] */
    float *scores; /* [L] */
    int32_t *order;
};

score_average *score_average_new(int n, const score_average_options *options)
{
    score_average *a = mem_array(1, sizeof *a);
    if (!a)
        return NULL;
    a->o = *options;
    if (options->combination)
        a->o.by = options->combination->by;
    if (n == 1 && a->o.by == AVERAGE_LOGIT)
        a->o.by = AVERAGE_MEAN; /* any mean of one number is that number, bit-identical */
    a->n = n;
    a->weights = mem_array((size_t)n, sizeof *a->weights);
    if (score_members_init(&a->members, n) || !a->weights) {
        score_average_free(a);
        return NULL;
    }
    const double *weights = options->combination ? options->combination->weights : options->weights;
    for (int i = 0; i < n; i++)
        a->weights[i] = weights ? weights[i] : 1;
    return a;
}

static void free_room(score_average *a)
{
    mem_free(a->thresholds);
    mem_free(a->whole);
    mem_free(a->sum);
    mem_free(a->scores);
    mem_free(a->order);
    a->thresholds = a->scores = NULL;
    a->whole = a->sum = NULL;
    a->order = NULL;
}

void score_average_free(score_average *a)
{
    if (!a)
        return;
    free_room(a);
    score_members_free(&a->members);
    mem_free(a->weights);
    mem_free(a);
}

/* ---- the mean: a sum, then a division ---- */

/* The summed term of a probability, and its inverse. */
static double term(const score_average *a, double p)
{
    return a->o.by == AVERAGE_MEAN ? p : score_logit(p);
}

static double mean(const score_average *a, double sum, double whole)
{
    return a->o.by == AVERAGE_MEAN ? sum / whole : 1 / (1 + exp(-sum / whole));
}

/* sum[j] += w p[j] */
static VECTORISED void add_weighted(double *restrict sum, const float *restrict p, double w, size_t n)
{
    for (size_t j = 0; j < n; j++)
        sum[j] += w * (double)p[j];
}

/* p[j] = sum[j] / whole[j] */
static VECTORISED void divide(float *restrict p, const double *restrict sum, const double *restrict whole,
                              size_t n)
{
    for (size_t j = 0; j < n; j++)
        p[j] = (float)(sum[j] / whole[j]);
}

static void begin_sum(const score_average *a)
{
    for (int32_t j = 0; j < score_average_labels(a); j++)
        a->sum[j] = a->o.combination ? a->o.combination->bias : 0;
}

/* Adds the scores p[L] of system i to the sum. */
static void add(const score_average *a, int i, const float *p)
{
    const score_member *m = &a->members.member[i];
    const double weight = a->weights[i];
    if (a->o.by == AVERAGE_MEAN && m->in_place)
        add_weighted(a->sum, p, weight, (size_t)m->L);
    else
        for (int32_t j = 0; j < m->L; j++)
            a->sum[m->to[j]] += weight * term(a, (double)p[j]);
}

/* Writes the means of all labels to p[L]. */
static void end_sum(const score_average *a, float *p)
{
    if (a->o.by == AVERAGE_MEAN)
        divide(p, a->sum, a->whole, (size_t)score_average_labels(a));
    else
        for (int32_t j = 0; j < score_average_labels(a); j++)
            p[j] = (float)mean(a, a->sum[j], a->whole[j]);
}

/* ---- headers ---- */

static int make_room(score_average *a)
{
    const size_t L = (size_t)score_average_labels(a);
    a->thresholds = mem_array(L, sizeof *a->thresholds);
    a->whole = mem_array(L, sizeof *a->whole);
    a->sum = mem_array(L, sizeof *a->sum);
    a->scores = mem_array(L, sizeof *a->scores);
    a->order = mem_array(L, sizeof *a->order);
    return a->thresholds && a->whole && a->sum && a->scores && a->order ? 0 : -1;
}

/* A mean is divided by the weights of the models that have the label; a learned sum by 1. */
static void set_whole(score_average *a)
{
    for (int32_t j = 0; a->o.by == AVERAGE_LEARNED && j < score_average_labels(a); j++)
        a->whole[j] = 1;
    for (int i = 0; a->o.by != AVERAGE_LEARNED && i < a->n; i++)
        for (int32_t j = 0; j < a->members.member[i].L; j++)
            a->whole[a->members.member[i].to[j]] += a->weights[i];
}

/* Averages each model's thresholds in the same way as the scores. */
static int score_average_thresholds(score_average *a, const record *const *headers)
{
    double sum = 0, whole = 0;
    float *own = a->scores, *seen = a->thresholds; /* no model has more labels than the average */
    begin_sum(a);
    for (int32_t j = 0; j < score_average_labels(a); j++)
        seen[j] = NAN;
    for (int i = 0; i < a->n; i++) {
        const score_member *m = &a->members.member[i];
        float common;
        if (thresholds_from_header(headers[i], m->L, &common, own))
            return -1;
        add(a, i, own);
        sum += a->weights[i] * term(a, (double)common);
        whole += a->weights[i];
        for (int32_t j = 0; j < m->L; j++) {
            a->differ |= !isnan(seen[m->to[j]]) && seen[m->to[j]] != own[j];
            seen[m->to[j]] = own[j];
        }
    }
    end_sum(a, a->thresholds);
    a->threshold = (float)mean(a, sum, whole);
    return 0;
}

static int set_thresholds(score_average *a, const record *const *headers)
{
    a->differ = false;
    const bool given = !isnan(a->o.threshold);
    a->threshold = (float)(!given && a->o.combination ? a->o.combination->threshold : a->o.threshold);
    for (int32_t j = 0; j < score_average_labels(a); j++)
        a->thresholds[j] = a->threshold;
    if (!given && !a->o.combination && score_average_thresholds(a, headers))
        return -1;
    return a->o.thresholds ? thresholds_read(a->o.thresholds, a->members.labels, a->thresholds) : 0;
}

int score_average_headers(score_average *a, const record *const *headers)
{
    free_room(a);
    if (score_members_headers(&a->members, headers) || make_room(a) ||
        (a->o.combination && score_combination_check(a->o.combination, &a->members, headers)))
        return -1;
    set_whole(a);
    return set_thresholds(a, headers);
}

/* Writes one model: its weight, and its fingerprint if a single model made the scores. */
static int pack_member(double weight, const record *header, pack *fields)
{
    const char *made_by;
    size_t n;
    const int found = score_members_model(header, &made_by, &n);
    if (found < 0)
        return -1;
    pack_map(fields, found ? 2 : 1);
    pack_str(fields, "weight");
    pack_double(fields, weight);
    if (found) {
        pack_str(fields, "model");
        pack_str_n(fields, made_by, n);
    }
    return 0;
}

static int pack_members(const score_average *a, const record *const *headers, pack *fields)
{
    pack_key(fields, "average");
    pack_map(fields, a->o.by == AVERAGE_LEARNED ? 3 : 2);
    pack_str(fields, "by");
    pack_str(fields, score_average_names[a->o.by]);
    if (a->o.by == AVERAGE_LEARNED) {
        pack_str(fields, "bias");
        pack_double(fields, a->o.combination->bias);
    }
    pack_str(fields, "members");
    pack_array(fields, (size_t)a->n);
    for (int i = 0; i < a->n; i++)
        if (pack_member(a->weights[i], headers[i], fields))
            return -1;
    return 0;
}

int score_average_header(const score_average *a, const record *const *headers, pack *fields)
{
    const int32_t L = score_average_labels(a);
    pack_clear(fields);
    labels_pack(fields, a->members.labels);
    thresholds_pack(fields, a->threshold, a->thresholds, L);
    if ((a->n > 1 || a->o.combination) && pack_members(a, headers, fields))
        return -1;
    return pack_failed(fields) ? err_memory("out of memory") : 0;
}

int32_t score_average_labels(const score_average *a)
{
    return labels_count(a->members.labels);
}

int32_t score_average_partial(const score_average *a)
{
    return a->members.partial;
}

bool score_average_thresholds_differ(const score_average *a)
{
    return a->differ;
}

float score_average_threshold(const score_average *a)
{
    return a->threshold;
}

const char *const *score_average_drop(const score_average *a)
{
    static const char *const none[] = {NULL}, *const by_label[] = {"peaks", "peak_weights", "A", "V", NULL};
    return score_average_labels(a) > a->members.member[0].L ? by_label : none;
}

/* ---- one encounter ---- */

/* All records with gold codes must have the same ones. If the first has none, those of another are used. */
static int check_gold(score_average *a, const record *records, pack *fields)
{
    const record *gold;
    if (score_members_gold(&a->members, records, &gold))
        return -1;
    if (gold && gold != records) {
        const field *f = record_find(gold, "labels");
        pack_key(fields, "labels");
        pack_raw(fields, f->value, f->size);
    }
    return 0;
}

int score_average_record(score_average *a, const record *records, pack *fields)
{
    const size_t L = (size_t)score_average_labels(a);
    pack_clear(fields);
    begin_sum(a);
    for (int i = 0; i < a->n; i++) {
        const float *p = score_members_scores(&a->members, i, &records[i]);
        if (!p)
            return -1;
        add(a, i, p);
    }
    if (check_gold(a, records, fields))
        return -1;
    end_sum(a, a->scores);
    pack_key(fields, "scores");
    pack_f4(fields, a->scores, 1, &L);
    predicted_pack(fields, a->members.labels, a->scores, a->thresholds, a->order);
    if (!pack_failed(fields))
        return 0;
    err_memory("out of memory, or a value too large for msgpack");
    return record_error(records, NULL);
}
