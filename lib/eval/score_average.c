/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/score_average.h"

#include "base/err.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/vectorised.h"
#include "model/model.h"
#include "text/labels.h"
#include "text/predicted.h"
#include "text/thresholds.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* One of the models. */
typedef struct member {
    double weight;
    int32_t L;
    int32_t *to;   /* [L] its labels in the average's */
    bool in_place; /* to[j] == j */
} member;

struct score_average {
    score_average_options o;
    int n;
    member *members;
    labels *labels;
    int32_t partial;              /* labels that some model lacks */
    float threshold, *thresholds; /* [L] */
    bool differ;
    double *whole; /* [L] sum of the weights of the models that have the label */

    /* scratch */
    double *sum;   /* [L] */
    float *scores; /* [L] */
    int32_t *order;
    buf bytes;
    map *gold[2];
};

score_average *score_average_new(int n, const score_average_options *options)
{
    score_average *a = mem_array(1, sizeof *a);
    if (!a)
        return NULL;
    a->o = *options;
    if (n == 1)
        a->o.by = AVERAGE_MEAN; /* the mean of one number, whatever the mean: to the bit */
    a->n = n;
    a->members = mem_array((size_t)n, sizeof *a->members);
    a->gold[0] = map_new();
    a->gold[1] = map_new();
    if (!a->members || !a->gold[0] || !a->gold[1]) {
        score_average_free(a);
        return NULL;
    }
    for (int i = 0; i < n; i++)
        a->members[i].weight = options->weights ? options->weights[i] : 1;
    return a;
}

static void forget_labels(score_average *a)
{
    labels_free(a->labels);
    a->labels = NULL;
    for (int i = 0; a->members && i < a->n; i++) {
        mem_free(a->members[i].to);
        a->members[i].to = NULL;
    }
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
    forget_labels(a);
    mem_free(a->members);
    buf_free(&a->bytes);
    map_free(a->gold[0]);
    map_free(a->gold[1]);
    mem_free(a);
}

/* ---- the mean: a sum, then a division ---- */

/* What is summed of a probability, and the way back. */
static double term(const score_average *a, double p)
{
    const double low = 1e-12, high = 1 - 0x1p-25;
    if (a->o.by == AVERAGE_MEAN)
        return p;
    p = p < low ? low : p > high ? high : p;
    return log(p / (1 - p));
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
        a->sum[j] = 0;
}

/* p[m->L] into the sum. */
static void add(const score_average *a, const member *m, const float *p)
{
    if (a->o.by == AVERAGE_MEAN && m->in_place)
        add_weighted(a->sum, p, m->weight, (size_t)m->L);
    else
        for (int32_t j = 0; j < m->L; j++)
            a->sum[m->to[j]] += m->weight * term(a, (double)p[j]);
}

/* The means of all labels into p[L]. */
static void end_sum(const score_average *a, float *p)
{
    if (a->o.by == AVERAGE_MEAN)
        divide(p, a->sum, a->whole, (size_t)score_average_labels(a));
    else
        for (int32_t j = 0; j < score_average_labels(a); j++)
            p[j] = (float)mean(a, a->sum[j], a->whole[j]);
}

/* ---- headers ---- */

/* The labels of one model, into the average's. */
static int read_labels(score_average *a, member *m, const record *header)
{
    labels *own = labels_new();
    int result = own ? labels_from_header(own, header) : -1;
    m->L = own ? labels_count(own) : 0;
    m->to = mem_array((size_t)m->L, sizeof *m->to);
    m->in_place = true;
    if (!m->to)
        result = -1;
    for (int32_t j = 0; !result && j < m->L; j++) {
        const char *code = labels_code(own, j);
        m->to[j] = labels_add(a->labels, code, strlen(code), NULL);
        m->in_place &= m->to[j] == j;
        result = m->to[j] < 0 ? -1 : 0;
    }
    labels_free(own);
    return result;
}

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

/* The weights that a label's scores have together, and how many labels some model lacks. */
static void add_weights(score_average *a)
{
    int32_t *models = a->order; /* that have the label; zeroed */
    for (int i = 0; i < a->n; i++)
        for (int32_t j = 0; j < a->members[i].L; j++) {
            a->whole[a->members[i].to[j]] += a->members[i].weight;
            models[a->members[i].to[j]]++;
        }
    a->partial = 0;
    for (int32_t j = 0; j < score_average_labels(a); j++)
        a->partial += models[j] < a->n;
}

/* Each model's thresholds, averaged as the scores are. */
static int score_average_thresholds(score_average *a, const record *const *headers)
{
    double sum = 0, whole = 0;
    float *own = a->scores, *seen = a->thresholds; /* no model has more labels than the average */
    begin_sum(a);
    for (int32_t j = 0; j < score_average_labels(a); j++)
        seen[j] = NAN;
    for (int i = 0; i < a->n; i++) {
        const member *m = &a->members[i];
        float common;
        if (thresholds_from_header(headers[i], m->L, &common, own))
            return -1;
        add(a, m, own);
        sum += m->weight * term(a, (double)common);
        whole += m->weight;
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
    a->threshold = (float)a->o.threshold;
    for (int32_t j = 0; j < score_average_labels(a); j++)
        a->thresholds[j] = a->threshold;
    if (isnan(a->o.threshold) && score_average_thresholds(a, headers))
        return -1;
    return a->o.thresholds ? thresholds_read(a->o.thresholds, a->labels, a->thresholds) : 0;
}

int score_average_headers(score_average *a, const record *const *headers)
{
    forget_labels(a);
    if (!(a->labels = labels_new()))
        return -1;
    for (int i = 0; i < a->n; i++)
        if (read_labels(a, &a->members[i], headers[i]))
            return -1;
    if (make_room(a))
        return -1;
    add_weights(a);
    return set_thresholds(a, headers);
}

/* One model: its weight, and its fingerprint where a single one made the scores. */
static int pack_member(const member *m, const record *header, pack *fields)
{
    const char *made_by;
    size_t n;
    const int found = record_find(header, "average") ? 0 : model_of_stream(header, &made_by, &n);
    if (found < 0)
        return record_error(header, "history");
    pack_map(fields, found ? 2 : 1);
    pack_str(fields, "weight");
    pack_double(fields, m->weight);
    if (found) {
        pack_str(fields, "model");
        pack_str_n(fields, made_by, n);
    }
    return 0;
}

static int pack_members(const score_average *a, const record *const *headers, pack *fields)
{
    static const char *const names[] = {[AVERAGE_MEAN] = "mean", [AVERAGE_LOGIT] = "logit"};
    pack_key(fields, "average");
    pack_map(fields, 2);
    pack_str(fields, "by");
    pack_str(fields, names[a->o.by]);
    pack_str(fields, "members");
    pack_array(fields, (size_t)a->n);
    for (int i = 0; i < a->n; i++)
        if (pack_member(&a->members[i], headers[i], fields))
            return -1;
    return 0;
}

int score_average_header(const score_average *a, const record *const *headers, pack *fields)
{
    const int32_t L = score_average_labels(a);
    pack_clear(fields);
    labels_pack(fields, a->labels);
    thresholds_pack(fields, a->threshold, a->thresholds, L);
    if (a->n > 1 && pack_members(a, headers, fields))
        return -1;
    return pack_failed(fields) ? err_memory("out of memory") : 0;
}

int32_t score_average_labels(const score_average *a)
{
    return labels_count(a->labels);
}

int32_t score_average_partial(const score_average *a)
{
    return a->partial;
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
    return score_average_labels(a) > a->members[0].L ? by_label : none;
}

/* ---- one encounter ---- */

static VECTORISED bool all_probabilities(const float *p, size_t n)
{
    int bad = 0;
    for (size_t j = 0; j < n; j++)
        bad |= !(p[j] >= 0 && p[j] <= 1);
    return !bad;
}

static int no_probability(const record *r, const float *p)
{
    size_t j = 0;
    while (p[j] >= 0 && p[j] <= 1)
        j++;
    err_set("score %zu is %s, not a probability", j, isnan(p[j]) ? "NaN" : "outside 0 and 1");
    return record_error(r, "scores");
}

static int add_scores(score_average *a, const member *m, const record *r)
{
    tensor t;
    if (record_tensor(r, "scores", 'f', 1, &t))
        return -1;
    if (t.count != (size_t)m->L) {
        err_set("%zu scores for %d labels", t.count, (int)m->L);
        return record_error(r, "scores");
    }
    const float *p = tensor_floats(&t, &a->bytes);
    if (!p)
        return record_error(r, "scores");
    if (!all_probabilities(p, t.count))
        return no_probability(r, p);
    add(a, m, p);
    return 0;
}

/* The gold codes of r as a set. */
static int read_gold(map *codes, const record *r)
{
    walk w;
    uint32_t n;
    map_clear(codes);
    if (record_strings(r, "labels", &w, &n))
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        const char *code;
        size_t size;
        if (walk_str(&w, &code, &size) || map_add(codes, code, size) < 0)
            return record_error(r, "labels");
    }
    return 0;
}

static bool same_set(const map *a, const map *b)
{
    bool same = map_size(a) == map_size(b);
    for (int32_t i = 0; same && i < map_size(a); i++) {
        size_t n;
        const char *code = map_key(a, i, &n);
        same = map_find(b, code, n) >= 0;
    }
    return same;
}

/* The same codes in the same bytes, as a rule; else in any order. */
static int same_gold(score_average *a, const record *x, const record *y)
{
    const field *f = record_find(x, "labels"), *g = record_find(y, "labels");
    if (f->size == g->size && memcmp(f->value, g->value, f->size) == 0)
        return 0;
    if (read_gold(a->gold[0], x) || read_gold(a->gold[1], y))
        return -1;
    if (same_set(a->gold[0], a->gold[1]))
        return 0;
    err_set("other gold codes than in record %" PRIu64 " of %s", x->number, x->file);
    return record_error(y, "labels");
}

/* The records that have gold codes have the same; where the first has none, another's are taken. */
static int check_gold(score_average *a, const record *records, pack *fields)
{
    const record *gold = NULL;
    for (int i = 0; i < a->n; i++) {
        if (!record_find(&records[i], "labels"))
            continue;
        if (gold && same_gold(a, gold, &records[i]))
            return -1;
        gold = gold ? gold : &records[i];
    }
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
    for (int i = 0; i < a->n; i++)
        if (add_scores(a, &a->members[i], &records[i]))
            return -1;
    if (check_gold(a, records, fields))
        return -1;
    end_sum(a, a->scores);
    pack_key(fields, "scores");
    pack_f4(fields, a->scores, 1, &L);
    predicted_pack(fields, a->labels, a->scores, a->thresholds, a->order);
    if (!pack_failed(fields))
        return 0;
    err_memory("out of memory, or a value too large for msgpack");
    return record_error(records, NULL);
}
