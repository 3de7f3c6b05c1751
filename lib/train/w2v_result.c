/* SPDX-License-Identifier: Apache-2.0 */
/* The trained vectors, and those of words that were not trained. */
#include "base/err.h"
#include "base/mem.h"
#include "train/w2v_private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Adds a row for a word that v does not have. v->data has the capacity. NULL: out of memory. */
static float *add_row(vectors *v, const char *word, size_t n)
{
    return map_add(v->words, word, n) < 0 ? NULL : vectors_row(v, v->n++);
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
        float *x = known >= 0 ? vectors_row(v, known) : add_row(v, word, n);
        if (x == NULL)
            return -1;
        w2v_model_get(x, &t->model, row);
        for (int32_t j = 0; j < v->size; j++)
            if (!isfinite(x[j]))
                return err_set("the vectors are not finite: alpha %g or batch %" PRId32 " is too large",
                               t->o->alpha, w2v_batch(t->o));
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

int w2v_result(vectors *v, w2v_trainer *t)
{
    const vectors *init = t->o->init;
    bool keep = init != NULL && t->o->keep_init;
    size_t rows = t->c->n;
    rows += t->o->sentence_end ? 1 : 0;
    rows += keep ? init->n : 0;
    w2v_model_free_out(&t->model);
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
