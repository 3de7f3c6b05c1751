/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/audit.h"

#include "base/err.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A code with a smaller score that is not coded is not kept. */
#define LEAST_SCORE 0.001f

struct audit {
    labels *labels;
    uint64_t *coded;   /* [L] n_j */
    buf ids;           /* NUL-terminated */
    size_t *at;        /* [encounters] offset of the id */
    finding *findings; /* [n] */
    size_t n, findings_cap, at_cap;
    unsigned char *gold; /* [L] of one encounter */
    buf scratch;
    audit_totals totals;
};

audit *audit_new(void)
{
    return mem_array(1, sizeof(audit));
}

void audit_free(audit *a)
{
    if (!a)
        return;
    labels_free(a->labels);
    mem_free(a->coded);
    buf_free(&a->ids);
    mem_free(a->at);
    mem_free(a->findings);
    mem_free(a->gold);
    buf_free(&a->scratch);
    mem_free(a);
}

static bool same_labels(const labels *a, const labels *b)
{
    bool same = labels_count(a) == labels_count(b);
    for (int32_t j = 0; same && j < labels_count(a); j++)
        same = strcmp(labels_code(a, j), labels_code(b, j)) == 0;
    return same;
}

int audit_header(audit *a, const record *header)
{
    labels *l = labels_new();
    if (!l || labels_from_header(l, header)) {
        labels_free(l);
        return -1;
    }
    if (a->labels) {
        const bool same = same_labels(a->labels, l);
        labels_free(l);
        return same ? 0 : err_set("labels: expected those of the segment before, got others");
    }
    a->labels = l;
    a->coded = mem_array((size_t)labels_count(l), sizeof *a->coded);
    a->gold = mem_array((size_t)labels_count(l), sizeof *a->gold);
    return a->coded && a->gold ? 0 : -1;
}

/* Marks the codes of the encounter in a->gold, and counts them. */
static int read_codes(audit *a, const record *r)
{
    walk w;
    uint32_t n;
    if (record_strings(r, "labels", &w, &n))
        return -1;
    memset(a->gold, 0, (size_t)labels_count(a->labels));
    while (n-- > 0) {
        const char *code;
        size_t size;
        if (walk_str(&w, &code, &size))
            return record_error(r, "labels");
        const int32_t j = labels_index(a->labels, code, size);
        a->totals.unknown += j < 0;
        if (j < 0 || a->gold[j])
            continue;
        a->gold[j] = 1;
        a->coded[j]++;
        a->totals.codes++;
    }
    return 0;
}

static int add_id(audit *a, const char *id)
{
    if (mem_grow(&a->at, &a->at_cap, a->totals.encounters + 1, sizeof *a->at))
        return -1;
    a->at[a->totals.encounters] = a->ids.len;
    return buf_add(&a->ids, id, strlen(id) + 1);
}

int audit_add(audit *a, const record *r)
{
    const size_t L = (size_t)labels_count(a->labels);
    tensor t;
    if (record_tensor(r, "scores", 'f', 1, &t))
        return -1;
    if (t.shape[0] != L) {
        err_set("expected [%zu] as the labels of the header, got [%zu]", L, t.shape[0]);
        return record_error(r, "scores");
    }
    a->scratch.len = 0;
    const float *scores = tensor_floats(&t, &a->scratch);
    if (!scores || add_id(a, r->id))
        return record_error(r, NULL);
    for (size_t j = 0; j < L; j++)
        if (!(scores[j] >= 0 && scores[j] <= 1)) {
            err_set("number %zu: expected a probability", j + 1);
            return record_error(r, "scores");
        }
    if (read_codes(a, r))
        return -1;
    for (size_t j = 0; j < L; j++) {
        if (!a->gold[j] && scores[j] < LEAST_SCORE)
            continue;
        if (a->n == a->findings_cap &&
            mem_grow(&a->findings, &a->findings_cap, a->n + a->n / 2 + 1, sizeof *a->findings))
            return record_error(r, NULL);
        a->findings[a->n++] = (finding){
            .encounter = a->totals.encounters, .label = (int32_t)j, .coded = a->gold[j], .score = scores[j]};
    }
    a->totals.encounters++;
    return 0;
}

static double probability(const audit *a, const finding *x, double e)
{
    const double p = (double)x->score, f = e * (double)a->coded[x->label] / (double)a->totals.encounters;
    if (x->coded)
        return (1 - p) * f / ((1 - p) * f + p * (1 - e));
    return p * e / (p * e + (1 - p) * (1 - f));
}

static int by_probability(const void *x, const void *y)
{
    const finding *a = x, *b = y;
    if (a->probability != b->probability)
        return a->probability > b->probability ? -1 : 1;
    if (a->encounter != b->encounter)
        return a->encounter < b->encounter ? -1 : 1;
    return (a->label > b->label) - (a->label < b->label);
}

const finding *audit_rank(audit *a, double errors, size_t top, size_t *n)
{
    for (size_t i = 0; i < a->n; i++)
        a->findings[i].probability = probability(a, &a->findings[i], errors);
    if (a->n)
        qsort(a->findings, a->n, sizeof *a->findings, by_probability);
    *n = a->n < top ? a->n : top;
    return a->findings;
}

audit_totals audit_totals_of(const audit *a)
{
    return a->totals;
}

const labels *audit_labels(const audit *a)
{
    return a->labels;
}

const char *audit_id(const audit *a, size_t encounter)
{
    return (const char *)a->ids.data + a->at[encounter];
}
