/* SPDX-License-Identifier: Apache-2.0 */
#include "train/combine.h"

#include "base/err.h"
#include "model/net.h"
#include "tensor/logistic.h"
#include "train/dataset.h"
#include "train/score_histogram.h"

#include <math.h>
#include <string.h>

/* The features of a pair: a constant, the network's logit z, weight of the best term, whether a term occurs,
 * the linear branch's logit y. */
enum { CONSTANT, NETWORK, TERM, ANY_TERM, LINEAR, FEATURES };
#define RIDGE 0.01 /* of each weight except the constant */

/* An encounter and a label. gold: the encounter has the label. */
typedef struct pair {
    float z, y;          /* logits of the network and of the linear branch; y 0: there is none */
    float learnt, given; /* weights of the best terms, NAN: no such term occurs */
    bool gold;
} pair;

typedef struct pair_list {
    pair *items;
    size_t n, room;
} pair_list;

/* The matches of an encounter. */
typedef struct match_list {
    int32_t *labels;
    float *weights;
    size_t n;
} match_list;

typedef struct worker {
    net_work net;
    float *z, *learnt, *given, *peak_weights;
    int32_t *peaks;
    unsigned char *gold;
    bool failed;
} worker;

typedef struct job {
    const params *p;
    dataset dev;
    match_list *learnt, *given; /* [dev.n] */
    const combine_parts *parts;
    float *y;      /* [dev.n][labels] logits of the linear branch; NULL: there is none */
    pair_list *of; /* [dev.n] */
    worker *workers;
    int n_workers;
    pair_list all;
} job;

/* ---- matches of the dev encounters ---- */

static int keep_matches(match_list *list, const matches *found)
{
    list->labels = mem_array(found->n, sizeof *list->labels);
    list->weights = mem_array(found->n, sizeof *list->weights);
    if (!list->labels || !list->weights)
        return -1;
    list->n = found->n;
    for (size_t i = 0; i < found->n; i++) {
        list->labels[i] = found->at[i][0];
        list->weights[i] = found->weights[i];
    }
    return 0;
}

static int match_all(match_list *lists, size_t n, stream_in *in, const matcher *m, matcher_work *w)
{
    record r = {0};
    seen_words words = {0};
    size_t i = 0;
    int got;
    while ((got = stream_read(in, &r)) > 0) {
        if (i == n) {
            got = err_set("the dev encounters changed while they were read");
            break;
        }
        const matches *found = !seen_words_read(&words, &r) ? matcher_match(m, w, &words) : NULL;
        if (!found || keep_matches(&lists[i++], found)) {
            got = -1;
            break;
        }
    }
    seen_words_free(&words);
    record_free(&r);
    return got;
}

static int match_dev(match_list *lists, size_t n, const char *dev, const matcher *m)
{
    matcher_work *w = matcher_work_new(m);
    stream_in *in = w ? stream_open(&dev, 1, NULL) : NULL;
    const int result = in ? match_all(lists, n, in, m, w) : -1;
    stream_close(in);
    matcher_work_free(w);
    return result;
}

/* ---- the linear branch's logits ---- */

static int score_linear(job *j, stream_in *in, linear_branch_work *w)
{
    const combine_parts *parts = j->parts;
    const size_t L = j->p->labels;
    record r = {0};
    seen_words words = {0};
    size_t i = 0;
    int got;
    while ((got = stream_read(in, &r)) > 0) {
        const float *y = i < j->dev.n && !seen_words_read(&words, &r)
                             ? linear_branch_logits(parts->linear, w, &words)
                             : NULL;
        if (!y) {
            got = i < j->dev.n ? -1 : err_set("the dev encounters changed while they were read");
            break;
        }
        for (size_t k = 0; k < L; k++)
            j->y[i * L + k] = (float)(parts->slope * (double)y[k] + parts->constant);
        i++;
    }
    seen_words_free(&words);
    record_free(&r);
    return got;
}

static int score_linear_dev(job *j, const char *dev)
{
    if (!j->parts->linear)
        return 0;
    linear_branch_work w = {0};
    j->y = mem_array(j->dev.n, j->p->labels * sizeof *j->y);
    stream_in *in = j->y ? stream_open(&dev, 1, NULL) : NULL;
    const int result = in ? score_linear(j, in, &w) : -1;
    stream_close(in);
    linear_branch_work_free(&w);
    return result;
}

/* ---- the network's logits ---- */

static int push(pair_list *list, pair x)
{
    if (list->n == list->room && mem_grow(&list->items, &list->room, list->n + 1, sizeof *list->items))
        return -1;
    list->items[list->n++] = x;
    return 0;
}

/* y[L]: the logits of the linear branch, or NULL. */
static int add_pairs(pair_list *list, const worker *w, const float *y, size_t L)
{
    for (size_t j = 0; j < L; j++) {
        const pair x = {w->z[j], y ? y[j] : 0, w->learnt[j], w->given[j], w->gold[j] != 0};
        if ((x.z > COMBINE_LOGIT || (y && x.y > COMBINE_LOGIT) || x.learnt > COMBINE_TERM ||
             !isnan(x.given)) &&
            push(list, x))
            return -1;
    }
    return 0;
}

static void spread(float *to, const match_list *list, bool set)
{
    for (size_t i = 0; i < list->n; i++)
        to[list->labels[i]] = set ? list->weights[i] : NAN;
}

static void score_document(void *context, size_t task, size_t index)
{
    job *j = context;
    worker *w = &j->workers[index];
    const example *d = &j->dev.docs[task];
    const size_t L = j->p->labels;
    if (w->failed || net_forward(w->z, w->peaks, w->peak_weights, j->p, d->ids, d->T, &w->net)) {
        w->failed = true;
        return;
    }
    for (int set = 1; set >= 0; set--) {
        spread(w->learnt, &j->learnt[task], set);
        spread(w->given, &j->given[task], set);
        for (size_t i = 0; i < d->n_gold; i++)
            w->gold[d->gold[i]] = (unsigned char)set;
        if (set && add_pairs(&j->of[task], w, j->y ? j->y + task * L : NULL, L))
            w->failed = true;
    }
}

static int init_worker(worker *w, size_t L)
{
    w->z = mem_array(L, sizeof *w->z);
    w->learnt = mem_array(L, sizeof *w->learnt);
    w->given = mem_array(L, sizeof *w->given);
    w->peak_weights = mem_array(L, sizeof *w->peak_weights);
    w->peaks = mem_array(2 * L, sizeof *w->peaks);
    w->gold = mem_array(L, 1);
    if (!w->z || !w->learnt || !w->given || !w->peak_weights || !w->peaks || !w->gold)
        return -1;
    for (size_t j = 0; j < L; j++)
        w->learnt[j] = w->given[j] = NAN;
    return 0;
}

static void free_worker(worker *w)
{
    net_work_free(&w->net);
    mem_free(w->z);
    mem_free(w->learnt);
    mem_free(w->given);
    mem_free(w->peak_weights);
    mem_free(w->peaks);
    mem_free(w->gold);
}

/* Collects the pairs of all encounters, in order of the encounters. */
static int gather(job *j)
{
    for (int i = 0; i < j->n_workers; i++)
        if (j->workers[i].failed)
            return err_memory("out of memory");
    for (size_t i = 0; i < j->dev.n; i++) {
        const pair_list *of = &j->of[i];
        if (mem_grow(&j->all.items, &j->all.room, j->all.n + of->n, sizeof *of->items))
            return -1;
        if (of->n)
            memcpy(j->all.items + j->all.n, of->items, of->n * sizeof *of->items);
        j->all.n += of->n;
    }
    for (size_t i = 0; i < j->all.n; i++)
        if (!isfinite(j->all.items[i].z))
            return err_set("the network's scores of the dev encounters are not finite: the model is damaged "
                           "or its training diverged");
    return 0;
}

static int score_all(job *j, pool *threads)
{
    int result = 0;
    for (int i = 0; !result && i < j->n_workers; i++)
        result = init_worker(&j->workers[i], j->p->labels);
    if (result)
        return -1;
    pool_run(threads, score_document, j, j->dev.n);
    return gather(j);
}

/* ---- the fit ---- */

/* The features that a choice of parts uses. */
static size_t list_features(int used[FEATURES], unsigned parts)
{
    size_t n = 0;
    used[n++] = CONSTANT;
    used[n++] = NETWORK;
    if (parts & COMBINE_TERMS) {
        used[n++] = TERM;
        used[n++] = ANY_TERM;
    }
    if (parts & COMBINE_LINEAR)
        used[n++] = LINEAR;
    return n;
}

/* Fits the weights of these features; the others become 0. 0 or -1. */
static int fit_features(double weights[FEATURES], const int *used, size_t n, const pair_list *all)
{
    double l2[FEATURES], w[FEATURES] = {0};
    float *rows = mem_array(all->n * n, sizeof *rows), *gold = mem_array(all->n, sizeof *gold);
    int result = rows && gold ? 0 : -1;
    for (size_t i = 0; !result && i < all->n; i++) {
        const pair *p = &all->items[i];
        const float x[FEATURES] = {[CONSTANT] = 1,
                                   [NETWORK] = p->z,
                                   [TERM] = isnan(p->learnt) ? 0 : p->learnt,
                                   [ANY_TERM] = !isnan(p->learnt),
                                   [LINEAR] = p->y};
        for (size_t k = 0; k < n; k++)
            rows[i * n + k] = x[used[k]];
        gold[i] = p->gold;
    }
    for (size_t k = 0; k < n; k++)
        l2[k] = used[k] == CONSTANT ? 1e-9 : RIDGE;
    if (!result)
        result = logistic_fit(w, &(logistic_rows){all->n, n, rows, gold, NULL}, l2);
    memset(weights, 0, FEATURES * sizeof *weights);
    for (size_t k = 0; k < n; k++)
        weights[used[k]] = w[k];
    mem_free(rows);
    mem_free(gold);
    return result;
}

/* If the network or the linear branch adds nothing to the others, its weight could be negative by chance.
 * Then it is left out. */
static int fit_weights(combination *c, unsigned parts, const pair_list *all)
{
    double w[FEATURES];
    int used[FEATURES];
    size_t n = list_features(used, parts);
    if (fit_features(w, used, n, all))
        return -1;
    while (w[NETWORK] < 0 || w[LINEAR] < 0) {
        const int without = w[NETWORK] < w[LINEAR] ? NETWORK : LINEAR;
        size_t k = 0;
        while (used[k] != without)
            k++;
        memmove(used + k, used + k + 1, (--n - k) * sizeof *used);
        if (fit_features(w, used, n, all))
            return -1;
    }
    c->parts = parts;
    c->term = w[TERM];
    c->any_term = w[ANY_TERM];
    c->bias = w[CONSTANT];
    c->network = w[NETWORK];
    c->linear = w[LINEAR];
    return 0;
}

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

/* The weight of the best term: the scaled learnt weight if it is above 0 and above the given one, otherwise
 * the given one (0: none). */
static double contribution(const combination *c, const pair *p)
{
    const double learnt = isnan(p->learnt) ? 0 : c->term * (double)p->learnt + c->any_term;
    const double given = isnan(p->given) ? 0 : (double)p->given;
    return learnt > 0 && learnt > given ? learnt : given;
}

static double logit(const combination *c, const pair *p)
{
    return c->network * (double)p->z + c->linear * (double)p->y + c->bias + contribution(c, p);
}

/* Finds the threshold of a combination and its micro-F1. */
static void find_threshold(combination *c, const job *j)
{
    score_histogram t = {{0}, {0}};
    double threshold;
    for (size_t i = 0; i < j->all.n; i++)
        score_histogram_add(&t, (float)sigmoid(logit(c, &j->all.items[i])), j->all.items[i].gold);
    c->micro_f1 = score_histogram_best(&threshold, &t, j->dev.gold);
    c->threshold = (float)threshold;
}

/* The network as it is, and with the given terms; the micro-F1 of each part. */
static combination begin(const job *j)
{
    combination c = {.network = 1};
    score_histogram network = {{0}, {0}}, terms = {{0}, {0}}, linear = {{0}, {0}};
    double threshold;
    for (size_t i = 0; i < j->all.n; i++) {
        const pair *p = &j->all.items[i];
        score_histogram_add(&network, (float)sigmoid(p->z), p->gold);
        if (!isnan(p->learnt))
            score_histogram_add(&terms, (float)sigmoid(p->learnt), p->gold);
        if (j->y)
            score_histogram_add(&linear, (float)sigmoid(p->y), p->gold);
    }
    find_threshold(&c, j);
    c.network_micro_f1 = score_histogram_best(&threshold, &network, j->dev.gold);
    c.terms_micro_f1 = score_histogram_best(&threshold, &terms, j->dev.gold);
    c.linear_micro_f1 = score_histogram_best(&threshold, &linear, j->dev.gold);
    return c;
}

/* A network without other parts: w_n and b make its scores probabilities (Platt, 1999). Their order stays, so
 * only the threshold changes. */
static int calibrate(combination *best, const job *j)
{
    combination c = *best;
    if (fit_weights(&c, 0, &j->all))
        return -1;
    if (c.network > 0) {
        find_threshold(&c, j);
        *best = c;
    }
    return 0;
}

static int fit(combination *best, const job *j)
{
    *best = begin(j);
    for (unsigned parts = 1; parts < COMBINE_PARTS; parts++) {
        combination c = *best;
        if (parts & COMBINE_LINEAR && !j->y)
            continue;
        if (fit_weights(&c, parts, &j->all))
            return -1;
        if ((parts & COMBINE_TERMS && c.term <= 0) || (parts & COMBINE_LINEAR && c.linear <= 0))
            continue;
        find_threshold(&c, j);
        if (c.micro_f1 > best->micro_f1)
            *best = c;
    }
    return best->parts || matcher_rows(j->parts->given) ? 0 : calibrate(best, j);
}

static void free_matches(match_list *lists, size_t n)
{
    for (size_t i = 0; lists && i < n; i++) {
        mem_free(lists[i].labels);
        mem_free(lists[i].weights);
    }
    mem_free(lists);
}

int combine(combination *c, const model *m, const char *dev, const combine_parts *parts, pool *threads)
{
    job j = {.p = &m->p, .parts = parts, .n_workers = pool_size(threads)};
    if (dataset_read(&j.dev, dev, m->words, m->labels, 0, m->p.c.max_words, NULL))
        return -1;
    const size_t n = j.dev.n;
    j.learnt = mem_array(n, sizeof *j.learnt);
    j.given = mem_array(n, sizeof *j.given);
    j.of = mem_array(n, sizeof *j.of);
    j.workers = mem_array(j.n_workers, sizeof *j.workers);
    const int result = !j.learnt || !j.given || !j.of || !j.workers ||
                               match_dev(j.learnt, n, dev, parts->learnt) ||
                               match_dev(j.given, n, dev, parts->given) || score_linear_dev(&j, dev) ||
                               score_all(&j, threads) || fit(c, &j)
                           ? -1
                           : 0;
    free_matches(j.learnt, n);
    free_matches(j.given, n);
    for (size_t i = 0; j.of && i < n; i++)
        mem_free(j.of[i].items);
    mem_free(j.of);
    for (int i = 0; j.workers && i < j.n_workers; i++)
        free_worker(&j.workers[i]);
    mem_free(j.workers);
    mem_free(j.all.items);
    mem_free(j.y);
    dataset_free(&j.dev);
    return result;
}

/* ---- the model ---- */

int combine_write(const combination *c, const model *m, const linear_branch *linear, const char *folder,
                  json_t *about, const folder_part *more, int n)
{
    params p;
    if (params_init(&p, &m->p.c, m->p.words, m->p.labels))
        return -1;
    int result = params_load(&p, &m->file);
    for (size_t i = 0; i < p.labels * p.sizes.S; i++)
        p.W[i] = (float)(c->network * (double)p.W[i]);
    for (size_t j = 0; j < p.labels; j++)
        p.b[j] = (float)(c->network * (double)p.b[j] + c->bias);
    p.c.threshold = c->threshold;
    json_object_del(about, "thresholds"); /* they are for the scores of the network only */
    const model_parts parts = {.p = &p,
                               .words = m->words,
                               .labels = m->labels,
                               .linear = linear,
                               .about = about,
                               .more = more,
                               .n_more = n};
    int lock;
    if (!result && !(result = folder_lock(folder, &lock))) {
        result = model_write(folder, &parts);
        folder_unlock(folder, lock);
    }
    params_free(&p);
    return result;
}
