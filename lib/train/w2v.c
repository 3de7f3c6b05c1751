/* SPDX-License-Identifier: Apache-2.0 */
#include "train/w2v.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/ratio.h"
#include "base/rng.h"
#include "train/huffman.h"
#include "train/phases.h"
#include "train/sampler.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define PAGE (1 << 16) /* minimum number of words of a page */

int32_t w2v_batch(const w2v_options *o)
{
    return o->batch > 0 ? o->batch : o->skipgram ? 32 : 64;
}

/* Number of words that share a random number generator. */
static size_t group_size(const w2v_options *o)
{
    return o->skipgram ? 2 : 8;
}

/* ---- a page: complete sentences after subsampling, which the threads process together ---- */

typedef struct bounds {
    int32_t begin, end;
} bounds;

typedef struct page {
    int32_t *text;    /* [n] rows */
    bounds *sentence; /* [n] sentence of each word */
    size_t n, text_capacity, sentence_capacity;
    int64_t read; /* tokens of the page before subsampling */
} page;

typedef struct loss_sum {
    double loss;
    int64_t examples;
} loss_sum;

typedef struct w2v_trainer {
    const w2v_options *o;
    corpus *c;
    w2v_model model;
    float *keep;       /* [n] probability that a word is kept in subsampling */
    sampler negatives; /* for negative sampling */
    huffman tree;      /* for hierarchical softmax; inner node i is row first_node + i of out */
    int32_t first_node;
    page page;
    w2v_block block;

    size_t parts; /* number of threads that are used */
    float *moved; /* [parts][moved_size] scratch memory (w2v_block.h) */
    size_t moved_size;
    phases phases;
    size_t batch, group, groups; /* words of a block, words of a group, groups of a block */
    size_t max_examples;         /* maximum number of examples of a word */
    loss_sum *group_sums;        /* [groups] */

    int32_t epoch;
    int64_t done;           /* tokens of all epochs before the page */
    uint64_t groups_before; /* groups of the epoch before the page */
    loss_sum sum;           /* of the epoch so far */
} w2v_trainer;

/* Ends the sentence that begins at `begin`. A sentence of one word has no context and is removed. */
static void end_sentence(page *p, size_t begin)
{
    for (size_t i = begin; i < p->n; i++)
        p->sentence[i] = (bounds){(int32_t)begin, (int32_t)p->n};
    if (p->n - begin == 1)
        p->n = begin;
}

static int page_add(w2v_trainer *t, rng *r)
{
    page *p = &t->page;
    size_t begin = p->n, needed = begin + t->c->length, longest = t->o->sentence;
    if (needed > INT32_MAX)
        return err_set("a sentence has %zu words: at most %d are supported", t->c->length, INT32_MAX);
    if (mem_grow(&p->text, &p->text_capacity, needed, sizeof *p->text) < 0 ||
        mem_grow(&p->sentence, &p->sentence_capacity, needed, sizeof *p->sentence) < 0)
        return -1;
    for (size_t i = 0; i < t->c->length; i++) {
        int32_t row = t->c->sentence[i];
        if (t->keep[row] < 1 && rng_uniform(r) >= t->keep[row])
            continue;
        p->text[p->n++] = row;
        if (p->n - begin == longest) {
            end_sentence(p, begin);
            begin = p->n;
        }
    }
    end_sentence(p, begin);
    p->read += t->c->length_read;
    return 0;
}

/* Reads a page. 1: read; 0: the epoch is over; -1: error. */
static int page_fill(w2v_trainer *t, rng *r)
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
    bounds s = t->page.sentence[at];
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
    loss_sum *sum = &t->group_sums[group];
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
    t->sum = (loss_sum){0};
    t->groups_before = 0;
    if (corpus_rewind(t->c) < 0)
        return -1;
    while ((got = page_fill(t, &r)) > 0) {
        train_page(t, threads);
        if (report != NULL)
            report(context, t->epoch, t->done, ratio_or_0(t->sum.loss, (double)t->sum.examples));
    }
    return got;
}

/* ---- initialization ---- */

static int64_t count_of(const w2v_trainer *t, int32_t row)
{
    return t->c->info[t->c->selected[row]].count;
}

/* Subsampling keeps a word with probability (sqrt(x) + 1) / x, where x is its share of the text divided by
 * `subsample`. */
static int init_keep(w2v_trainer *t)
{
    t->keep = mem_array(t->c->n, sizeof *t->keep);
    if (t->keep == NULL)
        return -1;
    for (int32_t row = 0; row < t->c->n; row++) {
        double x = (double)count_of(t, row) / (t->o->subsample * (double)t->c->kept);
        t->keep[row] = t->o->subsample > 0 ? (float)((sqrt(x) + 1) / x) : 1;
    }
    return 0;
}

static int init_negatives(w2v_trainer *t)
{
    double *weight = mem_array(t->c->n, sizeof *weight);
    if (weight == NULL)
        return -1;
    for (int32_t row = 0; row < t->c->n; row++) {
        double count = (double)count_of(t, row);
        weight[row] = t->o->exponent == 0.75 ? sqrt(count) * sqrt(sqrt(count)) /* equal with every libm */
                                             : pow(count, t->o->exponent);
    }
    int rc = sampler_init(&t->negatives, weight, t->c->n);
    mem_free(weight);
    return rc;
}

static int init_tree(w2v_trainer *t)
{
    int64_t *count = mem_array(t->c->n, sizeof *count);
    if (count == NULL)
        return -1;
    for (int32_t row = 0; row < t->c->n; row++)
        count[row] = count_of(t, row);
    int rc = huffman_init(&t->tree, count, t->c->n);
    mem_free(count);
    return rc;
}

/* The maximum number of examples of a word: one, or with skip-gram one for each word of the context. */
static size_t max_examples(const w2v_trainer *t)
{
    int64_t longest = t->c->longest, both_sides = 2 * (int64_t)t->o->window;
    if (t->o->sentence > 0 && longest > t->o->sentence)
        longest = t->o->sentence;
    int64_t words = longest - 1 < both_sides ? longest - 1 : both_sides;
    return !t->o->skipgram || words < 1 ? 1 : (size_t)words;
}

/* Copies the initial vectors of words that init has. */
static void copy_initial(w2v_trainer *t, const vectors *init)
{
    size_t size = t->o->size;
    for (int32_t row = 0; row < t->c->n; row++) {
        size_t n;
        const char *word = map_key(t->c->words, t->c->selected[row], &n);
        int32_t i = map_find(init->words, word, n);
        if (i >= 0)
            memcpy(t->model.in + row * t->model.ld, init->data + i * size, size * sizeof(float));
    }
}

static int w2v_trainer_init(w2v_trainer *t, corpus *c, const w2v_options *o, pool *threads)
{
    size_t batch = w2v_batch(o), targets = 0, n_out = 0, n = c->n;
    *t = (w2v_trainer){.o = o, .c = c, .batch = batch, .group = group_size(o)};
    t->groups = (batch + t->group - 1) / t->group;
    t->parts = pool_size(threads) < t->groups ? pool_size(threads) : t->groups;
    if (phases_init(&t->phases, t->groups) < 0)
        return -1;
    if (o->init != NULL && o->init->size != o->size)
        return err_set("the initial vectors have size %" PRId32 ", expected %" PRId32, o->init->size,
                       o->size);
    if (init_keep(t) < 0)
        return -1;
    if (o->negative > 0) {
        if (init_negatives(t) < 0)
            return -1;
        targets += 1 + o->negative;
        n_out += n;
    }
    if (o->tree) {
        if (init_tree(t) < 0)
            return -1;
        if (n_out + n > INT32_MAX)
            return err_set("%zu words: at most %d are supported", n, INT32_MAX / 2);
        targets += t->tree.longest;
        t->first_node = (int32_t)n_out;
        n_out += n - 1;
    }
    t->group_sums = mem_array(t->groups, sizeof *t->group_sums);
    if (t->group_sums == NULL || w2v_model_init(&t->model, n, n_out, o->size, (float)o->range, o->seed) < 0)
        return -1;
    if (o->init != NULL)
        copy_initial(t, o->init);
    t->max_examples = max_examples(t);
    if (t->max_examples > INT32_MAX / batch)
        return err_set("a window of %" PRId32 " words and a batch of %zu are too many", o->window, batch);
    t->moved_size = (targets - o->negative) * t->model.ld;
    t->moved = mem_array(t->parts * t->moved_size, sizeof *t->moved);
    if (t->moved == NULL)
        return -1;
    return w2v_block_init(&t->block, batch * t->max_examples, targets, t->model.ld);
}

static void w2v_trainer_free(w2v_trainer *t)
{
    mem_free(t->keep);
    sampler_free(&t->negatives);
    huffman_free(&t->tree);
    mem_free(t->page.text);
    mem_free(t->page.sentence);
    mem_free(t->group_sums);
    mem_free(t->moved);
    phases_free(&t->phases);
    w2v_model_free(&t->model);
    w2v_block_free(&t->block);
}

/* ---- result ---- */

/* Adds a row for a word that v does not have. v->data has the capacity. NULL: out of memory. */
static float *add_row(vectors *v, const char *word, size_t n)
{
    return map_add(v->words, word, n) < 0 ? NULL : v->data + (size_t)v->n++ * v->size;
}

static int add_sentence_end(vectors *v, const w2v_trainer *t)
{
    static const char word[] = "</s>";
    const vectors *init = t->o->init;
    float *x = add_row(v, word, sizeof word - 1);
    int32_t i = init != NULL ? map_find(init->words, word, sizeof word - 1) : -1;
    size_t size = v->size;
    rng r;
    if (x == NULL)
        return -1;
    rng_seed(&r, t->o->seed, 0, 1);
    for (size_t j = 0; j < size; j++)
        x[j] = i >= 0 ? init->data[i * size + j]
                      : (float)t->o->range * (2 * rng_uniform(&r) - 1) / (float)v->size;
    return 0;
}

static int add_trained(vectors *v, const w2v_trainer *t)
{
    for (int32_t row = 0; row < t->c->n; row++) {
        size_t n;
        const char *word = map_key(t->c->words, t->c->selected[row], &n);
        int32_t known = map_find(v->words, word, n); /* the text may have the word "</s>" */
        float *x = known >= 0 ? v->data + (size_t)known * v->size : add_row(v, word, n);
        if (x == NULL)
            return -1;
        for (int32_t j = 0; j < v->size; j++) {
            x[j] = t->model.in[row * t->model.ld + j];
            if (!isfinite(x[j]))
                return err_set("the vectors are not finite: alpha %g or batch %" PRId32 " is too large",
                               t->o->alpha, w2v_batch(t->o));
        }
    }
    return 0;
}

/* Adds the other words of init. A word with a space, as in the largest file of GloVe, cannot be written and
 * is skipped. */
static int add_kept(vectors *v, const vectors *init)
{
    for (int32_t i = 0; i < init->n; i++) {
        size_t n, size = init->size;
        const char *word = map_key(init->words, i, &n);
        if (map_find(v->words, word, n) >= 0 || !vectors_word(word, n))
            continue;
        float *x = add_row(v, word, n);
        if (x == NULL)
            return -1;
        memcpy(x, init->data + i * size, size * sizeof *x);
    }
    return 0;
}

static int make_vectors(vectors *v, w2v_trainer *t)
{
    const vectors *init = t->o->init;
    bool keep = init != NULL && t->o->keep_init;
    size_t rows = t->c->n;
    rows += t->o->sentence_end ? 1 : 0;
    rows += keep ? init->n : 0;
    mem_free(t->model.out);
    t->model.out = NULL;
    if (rows > INT32_MAX)
        return err_set("%zu words: at most %d are supported", rows, INT32_MAX);
    *v = (vectors){
        .words = map_new(), .size = t->o->size, .data = mem_array(rows * t->o->size, sizeof *v->data)};
    if (v->words == NULL || v->data == NULL)
        return -1;
    if ((t->o->sentence_end && add_sentence_end(v, t) < 0) || add_trained(v, t) < 0)
        return -1;
    return keep ? add_kept(v, init) : 0;
}

int w2v_train(vectors *v, corpus *c, const w2v_options *o, pool *threads, w2v_report *report, void *context)
{
    w2v_trainer t;
    *v = (vectors){0};
    int rc = w2v_trainer_init(&t, c, o, threads);
    for (t.epoch = 1; rc == 0 && t.epoch <= o->epochs; t.epoch++)
        rc = train_epoch(&t, threads, report, context);
    if (rc == 0)
        rc = make_vectors(v, &t);
    w2v_trainer_free(&t);
    if (rc < 0)
        vectors_free(v);
    return rc;
}
