#include "train/w2v.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "train/cbow.h"
#include "train/sampler.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define PAGE  (1 << 16) /* words that the threads are given at once, or one longer sentence */
#define GROUP 8         /* examples that share a random generator */
#define SPINS 20000     /* looks at a barrier before falling asleep: some tens of microseconds */

/* ---- a barrier: all wait until the last has come ---- */

typedef struct barrier {
    int n;
    atomic_int waiting;
    atomic_uint round;
    pthread_mutex_t lock;
    pthread_cond_t next;
} barrier;

static void barrier_init(barrier *b, int n)
{
    *b = (barrier){.n = n};
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->next, NULL);
}

static void barrier_free(barrier *b)
{
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->next);
}

/* Blocks take some microseconds, less than falling asleep and waking up; but where the cores are wanted by
 * others too, who sleeps gets one back sooner than who spins. */
static void barrier_wait(barrier *b)
{
    unsigned round = atomic_load(&b->round);
    if (atomic_fetch_add(&b->waiting, 1) == b->n - 1) {
        atomic_store(&b->waiting, 0);
        pthread_mutex_lock(&b->lock);
        atomic_fetch_add(&b->round, 1);
        pthread_cond_broadcast(&b->next);
        pthread_mutex_unlock(&b->lock);
        return;
    }
    for (int spins = 0; spins < SPINS; spins++)
        if (atomic_load_explicit(&b->round, memory_order_acquire) != round)
            return;
    pthread_mutex_lock(&b->lock);
    while (atomic_load(&b->round) == round)
        pthread_cond_wait(&b->next, &b->lock);
    pthread_mutex_unlock(&b->lock);
}

/* ---- a page: some whole sentences, thinned out ---- */

typedef struct bounds {
    int32_t begin, end;
} bounds;

typedef struct page {
    int32_t *text;    /* [n] rows */
    bounds *sentence; /* [n] of the word's sentence */
    size_t n, text_room, sentence_room;
    int64_t read; /* tokens in it before any were left out */
} page;

typedef struct trainer {
    const w2v_options *o;
    corpus *c;
    cbow model;
    float *keep; /* [n] probability that a word is not thinned out */
    sampler negatives;
    page page;
    cbow_block block;

    int parts; /* threads that take part */
    barrier barrier;
    int32_t groups; /* of a block */
    double *loss;   /* [groups] */

    int32_t epoch;
    int64_t done;           /* tokens of all epochs before this page */
    uint64_t groups_before; /* of the epoch before this page */
    double loss_sum;        /* of the epoch so far */
    int64_t examples;
} trainer;

static int page_add(trainer *t, rng *r)
{
    page *p = &t->page;
    size_t begin = p->n, most = begin + t->c->length;
    if (most > INT32_MAX)
        return err_set("a sentence of %zu words is too long", t->c->length);
    if (mem_grow(&p->text, &p->text_room, most, sizeof *p->text) < 0 ||
        mem_grow(&p->sentence, &p->sentence_room, most, sizeof *p->sentence) < 0)
        return -1;
    for (size_t i = 0; i < t->c->length; i++) {
        int32_t row = t->c->sentence[i];
        if (t->keep[row] >= 1 || rng_uniform(r) < t->keep[row])
            p->text[p->n++] = row;
    }
    for (size_t i = begin; i < p->n; i++)
        p->sentence[i] = (bounds){(int32_t)begin, (int32_t)p->n};
    if (p->n - begin == 1) /* a word alone has no context */
        p->n = begin;
    p->read += t->c->length_read;
    return 0;
}

/* 1: there are words; 0: the epoch is over; -1. */
static int page_fill(trainer *t, rng *r)
{
    int got = 1;
    t->page.n = 0;
    t->page.read = 0;
    while (t->page.n < PAGE && (got = corpus_read(t->c)) > 0)
        if (page_add(t, r) < 0)
            return -1;
    return got < 0 ? -1 : t->page.n > 0 || t->page.read > 0;
}

/* ---- training on a page ---- */

/* The learning rate for word i of the page: it falls linearly over the tokens of all epochs. */
static float rate(const trainer *t, size_t i)
{
    double total = (double)t->c->tokens * t->o->epochs;
    double done = (double)t->done + (double)t->page.read * (double)i / (double)t->page.n;
    return (float)(t->o->alpha - (t->o->alpha - t->o->min_alpha) * done / total);
}

static void draw_example(const trainer *t, cbow_block *b, int32_t i, int32_t at, rng *r)
{
    bounds s = t->page.sentence[at];
    int32_t window = 1 + (int32_t)rng_below(r, (uint32_t)t->o->window);
    int32_t *words = b->words + (size_t)i * (size_t)(1 + b->drawn);

    b->examples[i] = (cbow_example){.begin = at - s.begin > window ? at - window : s.begin,
                                    .at = at,
                                    .end = s.end - at > window + 1 ? at + window + 1 : s.end};
    words[0] = b->text[at];
    for (int32_t k = 1; k <= b->drawn; k++) {
        words[k] = sampler_draw(&t->negatives, r);
        if (words[k] == words[0])
            words[k] = -1;
    }
}

/* Draws and runs forward the examples of one group; number is the group's in this epoch. */
static void run_group(const trainer *t, cbow_block *b, size_t start, int32_t group, uint64_t number)
{
    int32_t first = group * GROUP, last = first + GROUP < b->n ? first + GROUP : b->n;
    rng r;
    rng_seed(&r, t->o->seed, (uint64_t)t->epoch, number);
    for (int32_t i = first; i < last; i++)
        draw_example(t, b, i, (int32_t)start + i, &r);
    t->loss[group] = cbow_forward(b, &t->model, first, last);
}

/* One thread's part of a page: of each block first some examples, then, when all are through, some words. */
static void train_part(void *context, int part, int worker)
{
    trainer *t = context;
    const page *p = &t->page;
    size_t batch = (size_t)t->o->batch;
    (void)worker;
    for (size_t start = 0; start < p->n; start += batch) {
        cbow_block b = t->block; /* the arrays are common to all */
        b.text = p->text;
        b.n = (int32_t)(p->n - start < batch ? p->n - start : batch);
        int32_t groups = (b.n + GROUP - 1) / GROUP, last = groups * (part + 1) / t->parts;
        for (int32_t group = groups * part / t->parts; group < last; group++)
            run_group(t, &b, start, group,
                      t->groups_before + start / batch * (uint64_t)t->groups + (uint64_t)group);
        barrier_wait(&t->barrier);
        cbow_update(&t->model, &b, rate(t, start), t->o->divide, part, t->parts);
        for (int32_t group = 0; part == 0 && group < groups; group++)
            t->loss_sum += t->loss[group];
        barrier_wait(&t->barrier);
    }
}

static void train_page(trainer *t, pool *threads)
{
    size_t batch = (size_t)t->o->batch;
    pool_run(threads, train_part, t, t->parts);
    t->done += t->page.read;
    t->examples += (int64_t)t->page.n;
    t->groups_before += (t->page.n + batch - 1) / batch * (uint64_t)t->groups;
}

static int train_epoch(trainer *t, pool *threads, w2v_report *report, void *context)
{
    rng r; /* for the thinning out: groups count from 0 and do not get there */
    int got;
    rng_seed(&r, t->o->seed, (uint64_t)t->epoch, UINT64_MAX);
    t->loss_sum = 0;
    t->examples = 0;
    t->groups_before = 0;
    if (corpus_rewind(t->c) < 0)
        return -1;
    while ((got = page_fill(t, &r)) > 0) {
        train_page(t, threads);
        if (report != NULL)
            report(context, t->epoch, t->done, t->examples > 0 ? t->loss_sum / (double)t->examples : 0);
    }
    return got;
}

/* ---- all of it ---- */

/* Words that make up more than `sample` of the text are kept with probability (sqrt(x) + 1) / x, x = share /
 * sample. */
static int trainer_init(trainer *t, corpus *c, const w2v_options *o, pool *threads)
{
    *t = (trainer){.o = o, .c = c, .groups = (o->batch + GROUP - 1) / GROUP};
    t->parts = pool_size(threads) < t->groups ? pool_size(threads) : t->groups;
    barrier_init(&t->barrier, t->parts);
    double *weight = mem_array((size_t)c->n, sizeof *weight);
    t->keep = mem_array((size_t)c->n, sizeof *t->keep);
    if (weight == NULL || t->keep == NULL) {
        mem_free(weight);
        return -1;
    }
    for (int32_t row = 0; row < c->n; row++) {
        double count = (double)c->info[c->selected[row]].count, x = count / (o->sample * (double)c->kept);
        t->keep[row] = o->sample > 0 ? (float)((sqrt(x) + 1) / x) : 1;
        weight[row] = sqrt(count) * sqrt(sqrt(count)); /* count^(3/4), the same with every libm */
    }
    int rc = sampler_init(&t->negatives, weight, c->n);
    mem_free(weight);

    t->loss = mem_array((size_t)t->groups, sizeof *t->loss);
    if (rc < 0 || t->loss == NULL || cbow_init(&t->model, c->n, o->size, o->seed) < 0)
        return -1;
    return cbow_block_init(&t->block, o->batch, o->negative, t->model.ld);
}

static void trainer_free(trainer *t)
{
    mem_free(t->keep);
    sampler_free(&t->negatives);
    mem_free(t->page.text);
    mem_free(t->page.sentence);
    mem_free(t->loss);
    barrier_free(&t->barrier);
    cbow_free(&t->model);
    cbow_block_free(&t->block);
}

/* The model's `in`, its padding taken out, becomes v's. */
static int take_vectors(vectors *v, trainer *t)
{
    size_t size = (size_t)t->o->size, ld = t->model.ld;
    float *in = t->model.in;
    *v = (vectors){.words = map_new(), .n = t->c->n, .size = t->o->size};
    if (v->words == NULL)
        return -1;
    for (int32_t row = 0; row < v->n; row++) {
        size_t n;
        const char *word = map_key(t->c->words, t->c->selected[row], &n);
        if (map_add(v->words, word, n) < 0)
            return -1;
        for (size_t j = 0; j < size; j++) {
            float x = in[(size_t)row * ld + j];
            if (!isfinite(x))
                return err_set("the vectors are no longer finite: alpha %g or batch %" PRId32 " is too large",
                               t->o->alpha, t->o->batch);
            in[(size_t)row * size + j] = x;
        }
    }
    v->data = in;
    t->model.in = NULL;
    return 0;
}

int w2v_train(vectors *v, corpus *c, const w2v_options *o, pool *threads, w2v_report *report, void *context)
{
    trainer t;
    *v = (vectors){0};
    int rc = trainer_init(&t, c, o, threads);
    for (t.epoch = 1; rc == 0 && t.epoch <= o->epochs; t.epoch++)
        rc = train_epoch(&t, threads, report, context);
    if (rc == 0)
        rc = take_vectors(v, &t);
    trainer_free(&t);
    if (rc < 0)
        vectors_free(v);
    return rc;
}
