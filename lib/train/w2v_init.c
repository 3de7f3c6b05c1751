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
    return o->skipgram ? 2 : 8;
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

/* The maximum number of examples of a word: one, or with skip-gram one for each word of the context. */
static size_t max_examples(const w2v_trainer *t)
{
    int64_t longest = t->c->longest, both_sides = 2 * (int64_t)t->o->window;
    if (t->o->sentence > 0 && longest > t->o->sentence)
        longest = t->o->sentence;
    int64_t words = longest - 1 < both_sides ? longest - 1 : both_sides;
    return !t->o->skipgram || words < 1 ? 1 : words;
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

int w2v_trainer_init(w2v_trainer *t, corpus *c, const w2v_options *o, pool *threads)
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

void w2v_trainer_free(w2v_trainer *t)
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
