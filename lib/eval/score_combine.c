/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/score_combine.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/tempfile.h"
#include "eval/roc.h"
#include "tensor/logistic.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FLOOR 0.1f /* encounters and labels to which no system gives more are ignored */

struct score_combine {
    int n;
    score_members members;
    score_combination learned;
    labels *labels; /* of the first segments */

    bool *is_gold; /* [L] of one encounter */
    float *logits; /* [L][n] */
    FILE *spool;   /* is_gold and logits of every encounter */
    uint64_t encounters;
    uint64_t gold; /* gold codes, including those that are not among the labels */
    float *x, *y;  /* rows of the regression: [rows][n + 1], [rows] */
    size_t rows, x_cap, y_cap;
    bool broken;
};

score_combine *score_combine_new(int n)
{
    score_combine *c = mem_array(1, sizeof *c);
    if (!c)
        return NULL;
    c->n = c->learned.n = n;
    if (n > SCORE_COMBINATION_SYSTEMS)
        err_set("%d files: expected at most %d", n, SCORE_COMBINATION_SYSTEMS);
    else if (!score_members_init(&c->members, n) && (c->spool = tempfile_open()))
        return c;
    score_combine_free(c);
    return NULL;
}

void score_combine_free(score_combine *c)
{
    if (!c)
        return;
    score_members_free(&c->members);
    labels_free(c->labels);
    if (c->spool)
        fclose(c->spool); /* nothing in it is needed any more */
    mem_free(c->is_gold);
    mem_free(c->logits);
    mem_free(c->x);
    mem_free(c->y);
    mem_free(c);
}

/* ---- headers ---- */

static size_t width(const score_combine *c)
{
    return (size_t)labels_count(c->labels);
}

/* The labels of all segments are those of the first. */
static int first_labels(score_combine *c)
{
    if (!(c->labels = labels_new()))
        return -1;
    for (int32_t j = 0; j < labels_count(c->members.labels); j++) {
        const char *code = labels_code(c->members.labels, j);
        if (labels_add(c->labels, code, strlen(code), NULL) < 0)
            return -1;
    }
    c->is_gold = mem_array(width(c), sizeof *c->is_gold);
    c->logits = mem_array(width(c) * (size_t)c->n, sizeof *c->logits);
    return c->is_gold && c->logits ? 0 : -1;
}

static bool same_labels(const score_combine *c)
{
    bool same = labels_count(c->labels) == labels_count(c->members.labels);
    for (int32_t j = 0; same && j < labels_count(c->labels); j++)
        same = strcmp(labels_code(c->labels, j), labels_code(c->members.labels, j)) == 0;
    return same;
}

/* Records the fingerprint of system i; none if its segments have several. */
static int note_model(score_combine *c, int i, const record *header, bool first)
{
    const char *model = "";
    size_t n = 0;
    const int found = score_members_model(header, &model, &n);
    char *noted = c->learned.model[i];
    if (found < 0)
        return -1;
    if (first && found && n < SCORE_COMBINATION_MODEL)
        memcpy(noted, model, n);
    else if (!first && (!found || strlen(noted) != n || memcmp(noted, model, n) != 0))
        noted[0] = 0;
    return 0;
}

int score_combine_headers(score_combine *c, const record *const *headers)
{
    const bool first = !c->labels;
    if (score_members_headers(&c->members, headers) || score_combination_check_labels(&c->members) ||
        (first && first_labels(c)))
        return -1;
    if (!same_labels(c)) {
        err_set("labels differ from the first header");
        return record_error(headers[0], "labels");
    }
    for (int i = 0; i < c->n; i++)
        if (note_model(c, i, headers[i], first))
            return -1;
    return 0;
}

/* ---- one encounter ---- */

/* Sets is_gold for one encounter, and *n to its number of gold codes. */
static int mark_gold(score_combine *c, const record *records, uint64_t *n)
{
    const record *r;
    if (score_members_gold(&c->members, records, &r))
        return -1;
    if (!r) {
        err_set("missing: the weights are learned from gold codes");
        return record_error(records, "labels");
    }
    const map *codes = score_members_codes(&c->members, r);
    if (!codes)
        return -1;
    memset(c->is_gold, 0, width(c) * sizeof *c->is_gold);
    for (int32_t i = 0; i < map_size(codes); i++) {
        size_t length;
        const char *code = map_key(codes, i, &length);
        const int32_t j = labels_index(c->labels, code, length);
        if (j >= 0)
            c->is_gold[j] = true;
    }
    *n = (uint64_t)map_size(codes);
    return 0;
}

static int read_logits(score_combine *c, const record *records)
{
    for (int i = 0; i < c->n; i++) {
        const score_member *m = &c->members.member[i];
        const float *p = score_members_scores(&c->members, i, &records[i]);
        if (!p)
            return -1;
        for (int32_t j = 0; j < m->L; j++)
            c->logits[m->to[j] * c->n + i] = (float)score_logit((double)p[j]);
    }
    return 0;
}

/* Adds the labels of the encounter to which some system gives more than FLOOR. */
static int add_rows(score_combine *c)
{
    const float floor = (float)score_logit(FLOOR);
    const size_t n = (size_t)c->n, L = width(c);
    if (c->rows + L > c->y_cap && (mem_grow(&c->y, &c->y_cap, 2 * (c->rows + L), sizeof *c->y) ||
                                   mem_grow(&c->x, &c->x_cap, c->y_cap * (n + 1), sizeof *c->x)))
        return -1;
    for (size_t j = 0; j < L; j++) {
        const float *from = &c->logits[j * n];
        float *x = &c->x[c->rows * (n + 1)];
        bool above = false;
        for (size_t i = 0; i < n; i++)
            above |= from[i] > floor;
        if (!above)
            continue;
        memcpy(x, from, n * sizeof *x);
        x[n] = 1;
        c->y[c->rows++] = c->is_gold[j];
    }
    return 0;
}

static int spool_error(void)
{
    return err_set("temporary file in %s: %s", tempfile_folder(), errno ? strerror(errno) : "truncated");
}

int score_combine_add(score_combine *c, const record *records)
{
    const size_t L = width(c);
    uint64_t gold = 0;
    if (read_logits(c, records) || mark_gold(c, records, &gold))
        return -1;
    c->broken = true;
    errno = 0;
    if (add_rows(c))
        return -1;
    if (fwrite(c->is_gold, sizeof *c->is_gold, L, c->spool) != L ||
        fwrite(c->logits, (size_t)c->n * sizeof *c->logits, L, c->spool) != L)
        return spool_error();
    c->broken = false;
    c->encounters++;
    c->gold += gold;
    return 0;
}

bool score_combine_broken(const score_combine *c)
{
    return c->broken;
}

/* ---- the result ---- */

static int learn(const score_combine *c, score_combination *out)
{
    double w[SCORE_COMBINATION_SYSTEMS + 1] = {0}, l2[SCORE_COMBINATION_SYSTEMS + 1];
    const size_t n = (size_t)c->n;
    for (size_t j = 0; j <= n; j++)
        l2[j] = 1;
    for (size_t j = 0; j < n; j++)
        w[j] = 1.0 / (double)n;
    const logistic_rows rows = {.n = c->rows, .features = n + 1, .x = c->x, .y = c->y};
    if (logistic_fit(w, &rows, l2))
        return -1;
    for (size_t j = 0; j < n; j++)
        out->weights[j] = (double)(float)w[j]; /* rounded as in the file */
    out->bias = (double)(float)w[n];
    return 0;
}

/* Adds the combined scores of the stored encounters to curve. */
static int combine_again(score_combine *c, const score_combination *with, roc *curve, float *scores,
                         int32_t *gold)
{
    const size_t L = width(c), n = (size_t)c->n;
    errno = 0;
    if (fflush(c->spool) || fseek(c->spool, 0, SEEK_SET))
        return spool_error();
    for (uint64_t e = 0; e < c->encounters; e++) {
        int n_gold = 0;
        if (fread(c->is_gold, sizeof *c->is_gold, L, c->spool) != L ||
            fread(c->logits, n * sizeof *c->logits, L, c->spool) != L)
            return spool_error();
        for (size_t j = 0; j < L; j++) {
            double z = with->bias;
            for (size_t i = 0; i < n; i++)
                z += with->weights[i] * (double)c->logits[j * n + i];
            scores[j] = (float)(1 / (1 + exp(-z)));
            if (c->is_gold[j])
                gold[n_gold++] = (int32_t)j;
        }
        if (roc_add(curve, scores, gold, n_gold))
            return -1;
    }
    return 0;
}

static int find_threshold(score_combine *c, score_combination *out)
{
    roc_results at = {0};
    roc *curve = roc_new((int)width(c));
    float *scores = mem_array(width(c), sizeof *scores);
    int32_t *gold = mem_array(width(c), sizeof *gold);
    int result = curve && scores && gold ? 0 : -1;
    if (!result)
        result = combine_again(c, out, curve, scores, gold) || roc_finish(curve, c->gold, NULL, &at) ? -1 : 0;
    if (!result && isnan(at.best_threshold))
        result = err_set("no gold code is among the labels: nothing can be learned");
    out->threshold = (double)(float)at.best_threshold;
    out->micro_f1 = at.best_micro_f1;
    roc_free(curve);
    mem_free(scores);
    mem_free(gold);
    return result;
}

int score_combine_finish(score_combine *c, score_combination *out)
{
    *out = c->learned;
    out->by = AVERAGE_LEARNED;
    return learn(c, out) || find_threshold(c, out) ? -1 : 0;
}
