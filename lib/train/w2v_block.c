/* SPDX-License-Identifier: Apache-2.0 */
#include "train/w2v_block.h"

#include "base/mem.h"

/* ---- memory ---- */

/* The maximum number of w2v_word of a word of the text, of examples and of products of a group. */
static size_t max_parts(const w2v_shape *shape)
{
    return shape->skipgram ? (shape->max_context + W2V_EXAMPLES - 1) / W2V_EXAMPLES : 1;
}

static size_t max_examples(const w2v_shape *shape)
{
    return (shape->skipgram ? shape->max_context : 1) * shape->words_of_group;
}

static size_t max_products(const w2v_shape *shape)
{
    size_t examples = max_examples(shape), earlier = shape->skipgram ? (W2V_EXAMPLES - 1) / 2 + 1 : 0;
    return examples * (shape->max_shared + shape->negative + earlier);
}

int w2v_block_init(w2v_block *b, size_t n, const w2v_shape *shape)
{
    size_t words = max_parts(shape) * shape->words_of_group;
    size_t targets = words * shape->max_shared + max_examples(shape) * shape->negative;
    *b = (w2v_block){.shape = *shape, .n = n};
    b->groups = mem_array(n, sizeof *b->groups);
    b->words = mem_array(n * words, sizeof *b->words);
    b->targets = mem_array(n * targets, sizeof *b->targets);
    if (b->groups == NULL || b->words == NULL || b->targets == NULL)
        return -1;
    for (size_t i = 0; i < n; i++)
        b->groups[i] = (w2v_group){.words = b->words + i * words, .targets = b->targets + i * targets};
    return 0;
}

void w2v_block_free(w2v_block *b)
{
    mem_free(b->groups);
    mem_free(b->words);
    mem_free(b->targets);
    *b = (w2v_block){0};
}

int w2v_work_init(w2v_work *w, size_t n, const w2v_shape *shape, size_t ld)
{
    size_t products = n * max_products(shape), examples = n * max_examples(shape);
    *w = (w2v_work){.f[0] = mem_array(products, sizeof(float)),
                    .f[1] = mem_array(products, sizeof(float)),
                    .g = mem_array(products, sizeof(float)),
                    .p = mem_array(products, sizeof(float)),
                    .h = mem_array(examples * ld, sizeof(float)),
                    .e = mem_array(examples * ld, sizeof(float))};
    return w->f[0] && w->f[1] && w->g && w->p && w->h && w->e ? 0 : -1;
}

void w2v_work_free(w2v_work *w)
{
    mem_free(w->f[0]);
    mem_free(w->f[1]);
    mem_free(w->g);
    mem_free(w->p);
    mem_free(w->h);
    mem_free(w->e);
    *w = (w2v_work){0};
}
