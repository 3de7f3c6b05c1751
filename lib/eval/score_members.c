/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/score_members.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/vectorised.h"
#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

int score_members_init(score_members *m, int n)
{
    *m = (score_members){.n = n};
    m->member = mem_array((size_t)n, sizeof *m->member);
    m->gold[0] = map_new();
    m->gold[1] = map_new();
    return m->member && m->gold[0] && m->gold[1] ? 0 : -1;
}

static void forget_labels(score_members *m)
{
    labels_free(m->labels);
    m->labels = NULL;
    mem_free(m->systems);
    m->systems = NULL;
    for (int i = 0; m->member && i < m->n; i++) {
        mem_free(m->member[i].to);
        m->member[i].to = NULL;
    }
}

void score_members_free(score_members *m)
{
    forget_labels(m);
    mem_free(m->member);
    buf_free(&m->bytes);
    map_free(m->gold[0]);
    map_free(m->gold[1]);
}

/* ---- labels ---- */

/* Adds the labels of one system to those of all. */
static int read_labels(score_members *all, score_member *m, const record *header)
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
        m->to[j] = labels_add(all->labels, code, strlen(code), NULL);
        m->in_place &= m->to[j] == j;
        result = m->to[j] < 0 ? -1 : 0;
    }
    labels_free(own);
    return result;
}

int score_members_headers(score_members *m, const record *const *headers)
{
    forget_labels(m);
    if (!(m->labels = labels_new()))
        return -1;
    for (int i = 0; i < m->n; i++)
        if (read_labels(m, &m->member[i], headers[i]))
            return -1;
    const int32_t L = labels_count(m->labels);
    m->systems = mem_array((size_t)L, sizeof *m->systems);
    if (!m->systems)
        return -1;
    for (int i = 0; i < m->n; i++)
        for (int32_t j = 0; j < m->member[i].L; j++)
            m->systems[m->member[i].to[j]]++;
    m->partial = 0;
    for (int32_t j = 0; j < L; j++)
        m->partial += m->systems[j] < m->n;
    return 0;
}

int score_members_model(const record *header, const char **made_by, size_t *n)
{
    const int found = record_find(header, "average") ? 0 : model_of_stream(header, made_by, n);
    return found < 0 ? record_error(header, "history") : found;
}

/* ---- scores ---- */

double score_logit(double p)
{
    const double low = 1e-12, high = 1 - 0x1p-25;
    p = p < low ? low : p > high ? high : p;
    return log(p / (1 - p));
}

static VECTORISED bool all_probabilities(const float *p, size_t n)
{
    int bad = 0;
    for (size_t j = 0; j < n; j++)
        bad |= !(p[j] >= 0 && p[j] <= 1);
    return !bad;
}

static const float *no_probability(const record *r, const float *p)
{
    size_t j = 0;
    while (p[j] >= 0 && p[j] <= 1)
        j++;
    err_set("score %zu is %s, not a probability", j, isnan(p[j]) ? "NaN" : "outside 0 and 1");
    record_error(r, "scores");
    return NULL;
}

const float *score_members_scores(score_members *m, int i, const record *r)
{
    tensor t;
    if (record_tensor(r, "scores", 'f', 1, &t))
        return NULL;
    if (t.count != (size_t)m->member[i].L) {
        err_set("%zu scores for %d labels", t.count, (int)m->member[i].L);
        record_error(r, "scores");
        return NULL;
    }
    const float *p = tensor_floats(&t, &m->bytes);
    if (!p)
        record_error(r, "scores");
    else if (!all_probabilities(p, t.count))
        p = no_probability(r, p);
    return p;
}

/* ---- gold codes ---- */

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

/* Usually the bytes are the same; otherwise the codes are compared in any order. */
static int same_gold(score_members *m, const record *x, const record *y)
{
    const field *f = record_find(x, "labels"), *g = record_find(y, "labels");
    if (f->size == g->size && memcmp(f->value, g->value, f->size) == 0)
        return 0;
    if (read_gold(m->gold[0], x) || read_gold(m->gold[1], y))
        return -1;
    if (same_set(m->gold[0], m->gold[1]))
        return 0;
    err_set("other gold codes than in record %" PRIu64 " of %s", x->number, x->file);
    return record_error(y, "labels");
}

const map *score_members_codes(score_members *m, const record *r)
{
    return read_gold(m->gold[0], r) ? NULL : m->gold[0];
}

int score_members_gold(score_members *m, const record *records, const record **gold)
{
    *gold = NULL;
    for (int i = 0; i < m->n; i++) {
        if (!record_find(&records[i], "labels"))
            continue;
        if (*gold && same_gold(m, *gold, &records[i]))
            return -1;
        *gold = *gold ? *gold : &records[i];
    }
    return 0;
}
