/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of the training of word vectors, and the initial vectors. */
#include "base/err.h"
#include "base/mem.h"
#include "train/w2v_private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

int32_t w2v_batch(const w2v_options *o)
{
    return o->batch > 0 ? o->batch : o->skipgram ? 32 : 64;
}

/* Number of words that share a random number generator. */
static size_t group_size(const w2v_options *o)
{
    return o->skipgram ? 8 : 32;
}

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

/* The maximum number of words of a context. */
static size_t max_context(const w2v_trainer *t)
{
    int64_t longest = t->c->longest, both_sides = 2 * (int64_t)t->o->window;
    if (t->o->sentence > 0 && longest > t->o->sentence)
        longest = t->o->sentence;
    int64_t words = longest - 1 < both_sides ? longest - 1 : both_sides;
    return words < 1 ? 1 : words;
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
            w2v_model_set(&t->model, row, init->data + i * size);
    }
}

/* Negative sampling: out has a row for each word. */
static int init_negative_sampling(w2v_trainer *t, w2v_shape *shape)
{
    shape->words = true;
    shape->negative = t->o->negative;
    shape->max_shared++;
    return init_negatives(t);
}

/* Hierarchical softmax: then rows for the nodes. */
static int init_hierarchical_softmax(w2v_trainer *t, w2v_shape *shape)
{
    if (init_tree(t) < 0)
        return -1;
    if (t->c->n > INT32_MAX / 2)
        return err_set("%" PRId32 " words: at most %d are supported", t->c->n, INT32_MAX / 2);
    t->first_node = t->o->negative > 0 ? t->c->n : 0;
    shape->max_shared += t->tree.longest;
    return 0;
}

static int init_blocks(w2v_trainer *t, const w2v_shape *shape)
{
    if (shape->max_context > INT32_MAX / t->batch)
        return err_set("a window of %" PRId32 " words and a batch of %zu are too many", t->o->window,
                       t->batch);
    t->group_examples = mem_array(t->groups, sizeof *t->group_examples);
    if (t->group_examples == NULL)
        return -1;
    for (size_t i = 0; i < W2V_STAGES; i++)
        if (w2v_block_init(&t->block[i], t->groups, shape) < 0)
            return -1;
    t->work = mem_array(t->model.slices, sizeof *t->work);
    if (t->work == NULL)
        return -1;
    for (size_t i = 0; i < t->model.slices; i++)
        if (w2v_work_init(&t->work[i], t->groups, shape, t->model.slice[i].ld) < 0)
            return -1;
    return 0;
}

/* A thread has a slice, or draws examples and reads the text. */
static int init_phases(w2v_trainer *t, pool *threads)
{
    size_t tasks = t->model.slices + t->groups + 1;
    t->parts = pool_size(threads) < tasks ? pool_size(threads) : tasks;
    return phases_init(&t->phases, tasks);
}

int w2v_trainer_init(w2v_trainer *t, corpus *c, const w2v_options *o, pool *threads)
{
    size_t batch = w2v_batch(o), group = group_size(o) < batch ? group_size(o) : batch, n = c->n;
    w2v_shape shape = {.skipgram = o->skipgram, .words_of_group = group};
    *t = (w2v_trainer){.o = o, .c = c, .batch = batch, .group = group, .groups = (batch + group - 1) / group};
    if (o->init != NULL && o->init->size != o->size)
        return err_set("the initial vectors have size %" PRId32 ", expected %" PRId32, o->init->size,
                       o->size);
    if (init_keep(t) < 0 || (o->negative > 0 && init_negative_sampling(t, &shape) < 0) ||
        (o->tree && init_hierarchical_softmax(t, &shape) < 0))
        return -1;
    size_t n_out = (o->negative > 0 ? n : 0) + (o->tree ? n - 1 : 0);
    shape.max_context = max_context(t);
    if (w2v_model_init(&t->model, n, n_out, o->size, (float)o->range, o->seed) < 0)
        return -1;
    if (o->init != NULL)
        copy_initial(t, o->init);
    return init_blocks(t, &shape) < 0 || init_phases(t, threads) < 0 ? -1 : 0;
}

static void page_free(w2v_page *p)
{
    mem_free(p->text);
    mem_free(p->sentence);
}

void w2v_trainer_free(w2v_trainer *t)
{
    mem_free(t->keep);
    sampler_free(&t->negatives);
    huffman_free(&t->tree);
    page_free(&t->page);
    page_free(&t->next);
    mem_free(t->group_examples);
    for (size_t i = 0; i < W2V_STAGES; i++)
        w2v_block_free(&t->block[i]);
    for (size_t i = 0; t->work != NULL && i < t->model.slices; i++)
        w2v_work_free(&t->work[i]);
    mem_free(t->work);
    phases_free(&t->phases);
    w2v_model_free(&t->model);
}
