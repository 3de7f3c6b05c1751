/* SPDX-License-Identifier: Apache-2.0 */
/* The products within a slice. */
#include "train/w2v_rows.h"

/* ---- products ---- */

/* h = sum or mean of in[c] over the context. */
INLINE void add_context(float *h, const w2v_word *x, const w2v_slice *s, const w2v_block *b, bool mean,
                        size_t blocks)
{
    sum_row sum = {0};
    for (int32_t c = x->begin; c < x->end; c++)
        if (c != x->at)
            sum_add(&sum, 1, in_row(s, b, c), blocks);
    float scale = mean ? 1 / (float)x->context : 1;
    for (size_t i = 0; i < blocks; i++)
        STORE(h, i, ALL(scale) * sum.block[i]);
}

/* The h of all examples of a word. */
INLINE void fill_h(float *h, const w2v_word *x, const w2v_slice *s, const w2v_block *b, bool mean,
                   size_t blocks)
{
    if (!b->shape.skipgram) {
        add_context(h, x, s, b, mean, blocks);
        return;
    }
    for (int32_t c = x->begin; c < x->end; c++)
        if (c != x->at) {
            const float *row = in_row(s, b, c);
            for (size_t i = 0; i < blocks; i++)
                STORE(h, i, BLOCK(row, i));
            h += blocks * W2V_LANES;
        }
}

/* Most rows are not in the cache. The rows of the next word are prefetched during the current one. Of the
 * context only the last word is prefetched, because the previous word of the text had the others. */
INLINE void prefetch_row(const float *row, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++)
        __builtin_prefetch(row + i * W2V_LANES);
}

INLINE void prefetch_word(const cursor *now, const w2v_block *b, const w2v_slice *s, size_t blocks)
{
    cursor c = *now;
    cursor_next(&c, &b->shape);
    size_t n = (size_t)c.x->shared + w2v_examples(&b->shape, c.x) * b->shape.negative;
    prefetch_row(in_row(s, b, c.x->end - 1), blocks);
    for (size_t k = 0; k < n; k++)
        prefetch_row(s->out + row_of(c.shared[k]) * blocks * W2V_LANES, blocks);
}

/* The products of h[n][ld] with targets. */
INLINE float *add_products(float *f, const float *h, const int32_t *targets, size_t n, const float *out,
                           size_t blocks)
{
    for (size_t k = 0; k < n; k++)
        *f++ = dot(h, out + row_of(targets[k]) * blocks * W2V_LANES, blocks);
    return f;
}

INLINE void products(w2v_work *w, const w2v_block *b, const w2v_slice *s, const w2v_rule *rule, bool odd,
                     size_t blocks)
{
    const w2v_shape *shape = &b->shape;
    size_t ld = blocks * W2V_LANES, negative = shape->negative;
    cursor c = {0};
    for (size_t group = 0; group < b->n; group++) {
        cursor_group(&c, b, group);
        for (size_t i = 0; i < b->groups[group].n; i++, cursor_next(&c, shape)) {
            size_t n = w2v_examples(shape, c.x), shared = (size_t)c.x->shared;
            float *f = w->f[odd] + c.products, *h = w->h + c.examples * ld;
            if (i + 1 < b->groups[group].n)
                prefetch_word(&c, b, s, blocks);
            fill_h(h, c.x, s, b, !rule->sum, blocks);
            for (size_t x = 0; x < n; x++) {
                f = add_products(f, h + x * ld, c.shared, shared, s->out, blocks);
                f = add_products(f, h + x * ld, drawn_words(&c, shape, x), negative, s->out, blocks);
            }
            for (size_t x = 1; x < n; x++)
                for (size_t y = 0; y < x; y++)
                    *f++ = dot(h + x * ld, h + y * ld, blocks);
        }
    }
}

VECTORISED void w2v_products(w2v_work *w, const w2v_block *b, const w2v_slice *s, const w2v_rule *rule,
                             bool odd)
{
    switch (s->ld / W2V_LANES) {
    case 1:
        products(w, b, s, rule, odd, 1);
        break;
    case 2:
        products(w, b, s, rule, odd, 2);
        break;
    case 3:
        products(w, b, s, rule, odd, 3);
        break;
    default:
        products(w, b, s, rule, odd, W2V_BLOCKS);
    }
}
