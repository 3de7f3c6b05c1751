/* SPDX-License-Identifier: Apache-2.0 */
/* The training of word vectors: examples, blocks, pages, epochs. */
#include "train/w2v.h"

#include "base/ratio.h"
#include "train/w2v_private.h"

/* ---- training on a page ---- */

/* The learning rate for word i of the page: it falls linearly over the tokens of all epochs. */
static float rate(const w2v_trainer *t, size_t i)
{
    double total = (double)t->c->tokens * t->o->epochs;
    double done = (double)t->done + (double)t->page.read * (double)i / (double)t->page.n;
    return (float)(t->o->alpha - (t->o->alpha - t->o->min_alpha) * done / total);
}

/* The targets that the examples of a word share: the word, and the nodes on its path. A node is positive if
 * the bit is 0. Returns their number. */
static int32_t add_shared(const w2v_trainer *t, int32_t *targets, int32_t word)
{
    int32_t n = 0;
    if (t->o->negative > 0)
        targets[n++] = W2V_POSITIVE(word);
    if (t->o->tree)
        for (int32_t at = word, node; (node = t->tree.parent[at]) >= 0; at = t->tree.n + node) {
            int32_t row = t->first_node + node;
            targets[n++] = t->tree.bit[at] == 0 ? W2V_POSITIVE(row) : W2V_NEGATIVE(row);
        }
    return n;
}

/* Adds a word with its context, and draws its random words. */
static void add_word(const w2v_trainer *t, const w2v_block *b, w2v_group *g, int32_t **targets, w2v_word word,
                     rng *r)
{
    int32_t *next = *targets;
    word.shared = add_shared(t, next, b->text[word.at]);
    next += word.shared;
    size_t drawn = w2v_examples(&b->shape, &word) * b->shape.negative;
    for (size_t k = 0; k < drawn; k++)
        *next++ = W2V_NEGATIVE(sampler_draw(&t->negatives, r));
    g->words[g->n++] = word;
    *targets = next;
}

/* Draws the context of the word at text[at]. Returns the number of its examples. */
static int64_t draw_word(const w2v_trainer *t, const w2v_block *b, w2v_group *g, int32_t **targets,
                         int32_t at, rng *r)
{
    w2v_bounds s = t->page.sentence[at];
    int32_t window = t->o->whole_window ? t->o->window : 1 + (int32_t)rng_below(r, (uint32_t)t->o->window);
    int32_t begin = at - s.begin > window ? at - window : s.begin;
    int32_t end = s.end - at > window + 1 ? at + window + 1 : s.end, context = end - begin - 1;
    if (!t->o->skipgram) {
        add_word(t, b, g, targets, (w2v_word){begin, at, end, context, 0}, r);
        return 1;
    }
    while (begin < end) {
        int32_t n = end - begin < W2V_EXAMPLES ? end - begin : W2V_EXAMPLES, last = begin + n;
        n -= at >= begin && at < last;
        if (n > 0)
            add_word(t, b, g, targets, (w2v_word){begin, at, last, n, 0}, r);
        begin = last;
    }
    return context;
}

/* Draws a group of block i of the page. Returns the number of its examples. */
static int64_t draw_group(const w2v_trainer *t, w2v_block *b, size_t i, size_t group)
{
    size_t start = i * t->batch, end = start + t->batch < t->page.n ? start + t->batch : t->page.n;
    size_t first = start + group * t->group, last = first + t->group < end ? first + t->group : end;
    w2v_group *g = &b->groups[group];
    int32_t *targets = g->targets;
    int64_t examples = 0;
    rng r;
    rng_seed(&r, t->o->seed, (uint64_t)t->epoch, t->groups_before + i * t->groups + group);
    g->n = 0;
    for (size_t at = first; at < last; at++)
        examples += draw_word(t, b, g, &targets, (int32_t)at, &r);
    return examples;
}

static size_t count_blocks(const w2v_trainer *t)
{
    return (t->page.n + t->batch - 1) / t->batch;
}

static size_t count_groups(const w2v_trainer *t, size_t i)
{
    size_t left = t->page.n - i * t->batch, words = left < t->batch ? left : t->batch;
    return (words + t->group - 1) / t->group;
}

/* Stages of three blocks in one task: block i - 2 learns in a slice, then come the products of block i - 1.
 */
static void run_slice(w2v_trainer *t, size_t slice, size_t i, size_t blocks)
{
    const w2v_rule *rule = &t->o->rule;
    if (i >= 2) {
        w2v_block b = t->block[(i - 2) % W2V_STAGES];
        b.n = count_groups(t, i - 2);
        w2v_learn(&t->model, t->work, &b, rule, rate(t, (i - 2) * t->batch), slice, i % 2 != 0,
                  t->parts == 1 && slice > 0);
    }
    if (i >= 1 && i <= blocks) {
        w2v_block b = t->block[(i - 1) % W2V_STAGES];
        b.n = count_groups(t, i - 1);
        w2v_products(&t->work[slice], &b, &t->model.slice[slice], rule, i % 2 == 0);
    }
}

/* A task of phase i: a slice of the blocks before, a group of block i, or some of the next page. */
static void run_task(w2v_trainer *t, size_t task, size_t i, size_t blocks)
{
    size_t slices = t->model.slices, groups = i < blocks ? count_groups(t, i) : 0;
    if (task < slices)
        run_slice(t, task, i, blocks);
    else if (task < slices + groups)
        t->group_examples[task - slices] += draw_group(t, &t->block[i % W2V_STAGES], i, task - slices);
    else
        w2v_page_read(t, (double)(i + 1) / (double)(blocks + 2));
}

/* The work of one thread on a page. */
static void train_part(void *context, size_t part, size_t worker)
{
    w2v_trainer *t = context;
    size_t blocks = count_blocks(t);
    (void)worker;
    for (size_t i = 0; i < blocks + 2; i++) {
        size_t groups = i < blocks ? count_groups(t, i) : 0, tasks = t->model.slices + groups + 1;
        for (size_t task; phases_take(&task, &t->phases, i, tasks, part < tasks ? part : 0);
             phases_done(&t->phases, i, tasks))
            run_task(t, task, i, blocks);
        phases_wait(&t->phases, i);
    }
}

/* Adds the losses of a page. */
static void add_losses(w2v_trainer *t)
{
    for (size_t slice = 0; slice < t->model.slices; slice++) {
        t->sum.loss += t->work[slice].loss;
        t->work[slice].loss = 0;
    }
    for (size_t group = 0; group < t->groups; group++) {
        t->sum.examples += t->group_examples[group];
        t->group_examples[group] = 0;
    }
}

static void train_page(w2v_trainer *t, pool *threads)
{
    phases_restart(&t->phases);
    for (size_t i = 0; i < W2V_STAGES; i++)
        t->block[i].text = t->page.text;
    pool_run(threads, train_part, t, t->parts);
    add_losses(t);
    t->done += t->page.read;
    t->groups_before += count_blocks(t) * t->groups;
}

static int train_epoch(w2v_trainer *t, pool *threads, w2v_report *report, void *context)
{
    int got;
    t->sum = (w2v_loss_sum){0};
    t->groups_before = 0;
    if (w2v_page_start(t) < 0)
        return -1;
    while ((got = w2v_page_next(t)) > 0) {
        train_page(t, threads);
        if (report != NULL)
            report(context, t->epoch, t->done, ratio_or_0(t->sum.loss, (double)t->sum.examples));
    }
    return got;
}

int w2v_train(vectors *v, corpus *c, const w2v_options *o, pool *threads, w2v_report *report, void *context)
{
    w2v_trainer t;
    *v = (vectors){0};
    int rc = w2v_trainer_init(&t, c, o, threads);
    for (t.epoch = 1; rc == 0 && t.epoch <= o->epochs; t.epoch++)
        rc = train_epoch(&t, threads, report, context);
    if (rc == 0)
        rc = w2v_result(v, &t);
    w2v_trainer_free(&t);
    if (rc < 0)
        vectors_free(v);
    return rc;
}
