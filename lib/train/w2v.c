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

/* The targets of negative sampling: the word, and random words. A random word equal to the word is skipped.
 * Returns their number. */
static int32_t draw_negatives(const w2v_trainer *t, w2v_target *targets, int32_t word, rng *r)
{
    int32_t n = 0;
    targets[n++] = (w2v_target){word, true};
    for (int32_t k = 0; k < t->o->negative; k++) {
        int32_t drawn = sampler_draw(&t->negatives, r);
        if (drawn != word)
            targets[n++] = (w2v_target){drawn, false};
    }
    return n;
}

/* The targets of hierarchical softmax: the ancestors of the word. A node is positive if the bit is 0. Returns
 * their number. */
static int32_t add_nodes(const w2v_trainer *t, w2v_target *targets, int32_t word)
{
    int32_t n = 0;
    for (int32_t at = word, node; (node = t->tree.parent[at]) >= 0; at = t->tree.n + node)
        targets[n++] = (w2v_target){t->first_node + node, t->tree.bit[at] == 0};
    return n;
}

static void draw_targets(const w2v_trainer *t, const w2v_block *b, size_t example, int32_t word, rng *r)
{
    w2v_example *x = &b->examples[example];
    w2v_target *targets = b->targets + example * b->max_targets;
    if (t->o->negative > 0)
        x->words = draw_negatives(t, targets, word, r);
    x->targets = x->words;
    if (t->o->tree)
        x->targets += add_nodes(t, targets + x->words, word);
}

/* Makes the examples of the word at text[at], from index `first` on: one, or one for each word of the
 * context. Returns their number. */
static size_t draw_examples(const w2v_trainer *t, const w2v_block *b, size_t first, int32_t at, rng *r)
{
    w2v_bounds s = t->page.sentence[at];
    int32_t window = t->o->whole_window ? t->o->window : 1 + (int32_t)rng_below(r, (uint32_t)t->o->window);
    int32_t begin = at - s.begin > window ? at - window : s.begin;
    int32_t end = s.end - at > window + 1 ? at + window + 1 : s.end;
    size_t next = first;
    if (!t->o->skipgram) {
        b->examples[next] =
            (w2v_example){.begin = begin, .at = at, .end = end, .context = end - begin - 1, .of = 1};
        draw_targets(t, b, next++, b->text[at], r);
        return 1;
    }
    for (int32_t c = begin; c < end; c++)
        if (c != at) {
            b->examples[next] = (w2v_example){.begin = c,
                                              .at = at,
                                              .end = c + 1,
                                              .context = 1,
                                              .number = (int32_t)(next - first),
                                              .of = end - begin - 1};
            draw_targets(t, b, next++, b->text[at], r);
        }
    for (size_t i = next; i < first + t->max_examples; i++)
        b->examples[i] = (w2v_example){0};
    return next - first;
}

/* Makes the examples of the words of a group, and runs them forward. number is the number of the group in the
 * epoch. */
static void run_group(const w2v_trainer *t, w2v_block *b, size_t start, size_t words, size_t group,
                      uint64_t number, float alpha, float *moved)
{
    size_t first = group * t->group, last = first + t->group < words ? first + t->group : words;
    w2v_loss_sum *sum = &t->group_sums[group];
    rng r;
    rng_seed(&r, t->o->seed, (uint64_t)t->epoch, number);
    sum->examples = 0;
    for (size_t i = first; i < last; i++)
        sum->examples += (int64_t)draw_examples(t, b, i * t->max_examples, (int32_t)(start + i), &r);
    sum->loss =
        w2v_forward(b, &t->model, &t->o->rule, alpha, moved, first * t->max_examples, last * t->max_examples);
}

static void add_losses(w2v_trainer *t, size_t groups)
{
    for (size_t group = 0; group < groups; group++) {
        t->sum.loss += t->group_sums[group].loss;
        t->sum.examples += t->group_sums[group].examples;
    }
}

/* Trains on a block of `words` words that begins at start. Phase `phase` runs its groups forward. The next
 * phase updates the parts of the rows. */
static void train_block(w2v_trainer *t, size_t start, size_t words, uint64_t phase, size_t thread)
{
    w2v_block b = t->block; /* the threads share the arrays */
    size_t groups = (words + t->group - 1) / t->group;
    uint64_t number = t->groups_before + phase / 2 * t->groups;
    float alpha = rate(t, start), *moved = t->moved + thread * t->moved_size;
    size_t first = groups * thread / t->parts;
    b.text = t->page.text;
    b.n = words * t->max_examples;
    for (size_t group; phases_take(&group, &t->phases, phase, groups, first);) {
        run_group(t, &b, start, words, group, number + group, alpha, moved);
        phases_done(&t->phases, phase, groups);
    }
    phases_wait(&t->phases, phase);
    for (size_t part; phases_take(&part, &t->phases, phase + 1, t->parts, thread);) {
        w2v_update(&t->model, &b, &t->o->rule, alpha, part, t->parts);
        if (part == 0)
            add_losses(t, groups);
        phases_done(&t->phases, phase + 1, t->parts);
    }
    phases_wait(&t->phases, phase + 1);
}

/* The work of one thread on a page. */
static void train_part(void *context, size_t part, size_t worker)
{
    w2v_trainer *t = context;
    size_t n = t->page.n, batch = t->batch;
    uint64_t phase = 0;
    (void)worker;
    for (size_t start = 0; start < n; start += batch, phase += 2)
        train_block(t, start, n - start < batch ? n - start : batch, phase, part);
}

static void train_page(w2v_trainer *t, pool *threads)
{
    size_t batch = t->batch;
    phases_restart(&t->phases);
    pool_run(threads, train_part, t, t->parts);
    t->done += t->page.read;
    t->groups_before += (t->page.n + batch - 1) / batch * t->groups;
}

static int train_epoch(w2v_trainer *t, pool *threads, w2v_report *report, void *context)
{
    rng r; /* of subsampling; no group has the number UINT64_MAX */
    int got;
    rng_seed(&r, t->o->seed, (uint64_t)t->epoch, UINT64_MAX);
    t->sum = (w2v_loss_sum){0};
    t->groups_before = 0;
    if (corpus_rewind(t->c) < 0)
        return -1;
    while ((got = w2v_page_fill(t, &r)) > 0) {
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
