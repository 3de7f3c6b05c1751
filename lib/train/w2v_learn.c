/* SPDX-License-Identifier: Apache-2.0 */
/* The gradients, and the changes of the rows of a slice. */
#include "tensor/ops.h"
#include "train/w2v_rows.h"

#include <math.h>
#include <string.h>

#define MIN_P     1e-30 /* lower bound of a probability in the loss: a product of eight does not underflow */
#define TABLE_END 0.99752738f /* sigmoid(6) */

/* ---- gradients ---- */

/* g = [positive] - p, for a word or a node of the tree. */
INLINE float slope(float p, bool positive, bool word, w2v_sigmoid sigmoid)
{
    if (sigmoid != W2V_EXACT && (p >= TABLE_END || p <= 1 - TABLE_END)) {
        if (sigmoid == W2V_SKIP || !word)
            return 0;
        p = p > 0.5f;
    }
    return (float)positive - p;
}

/* A random word that is the word itself is not a target. */
INLINE bool is_word(int32_t drawn, const cursor *c)
{
    return drawn == W2V_NEGATIVE(c->shared[0]);
}

/* g of an example, from its p. drawn: its random words. */
INLINE void slopes(float *restrict g, const float *restrict p, const cursor *c, const int32_t *drawn,
                   const w2v_shape *shape, w2v_sigmoid sigmoid)
{
    size_t shared = (size_t)c->x->shared;
    for (size_t k = 0; k < shared; k++)
        g[k] = slope(p[k], c->shared[k] >= 0, k == 0 && shape->words, sigmoid);
    g += shared;
    p += shared;
    for (size_t k = 0; k < shape->negative; k++)
        g[k] = is_word(drawn[k], c) ? 0 : slope(p[k], false, true, sigmoid);
}

/* The loss so far is sum - log(product). A logarithm of a product of eight probabilities is computed. */
typedef struct log_sum {
    double sum, product;
    int factors;
} log_sum;

INLINE void add_log(log_sum *loss, double probability)
{
    loss->product *= probability > MIN_P ? probability : MIN_P;
    if (++loss->factors == 8) {
        loss->sum -= log(loss->product);
        loss->product = 1;
        loss->factors = 0;
    }
}

/* Adds the losses of the examples of a word. */
INLINE void add_losses(log_sum *loss, const float *p, const cursor *c, const w2v_shape *shape)
{
    size_t n = w2v_examples(shape, c->x), shared = (size_t)c->x->shared;
    for (size_t i = 0; i < n; i++, p += shared + shape->negative) {
        const int32_t *drawn = drawn_words(c, shape, i);
        for (size_t k = 0; k < shared; k++)
            add_log(loss, c->shared[k] >= 0 ? p[k] : 1 - (double)p[k]);
        for (size_t k = 0; k < shape->negative; k++)
            if (!is_word(drawn[k], c))
                add_log(loss, 1 - (double)p[shared + k]);
    }
}

/* Adds what the previous examples of the word change: f_k += alpha sum_(j<i) g_jk q_ij. */
INLINE void add_earlier(float *f, size_t i, const float *g, size_t row, const float *q, size_t shared,
                        float alpha)
{
    for (size_t j = 0; j < i; j++)
        for (size_t k = 0; k < shared; k++)
            f[k] += alpha * q[j] * g[j * row + k];
}

/* sum_k g_k out[k] over some targets. */
INLINE void add_targets(sum_row *e, const float *g, const int32_t *targets, size_t n, const float *out,
                        size_t blocks)
{
    for (size_t k = 0; k < n; k++)
        sum_add(e, g[k], out + row_of(targets[k]) * blocks * W2V_LANES, blocks);
}

INLINE void fill_e(float *e, const cursor *c, const w2v_shape *shape, const float *g, const float *h,
                   const float *out, float alpha, size_t blocks)
{
    size_t n = w2v_examples(shape, c->x), shared = (size_t)c->x->shared, row = shared + shape->negative,
           ld = blocks * W2V_LANES;
    for (size_t i = 0; i < n; i++) {
        const float *gi = g + i * row;
        sum_row sum = {0};
        add_targets(&sum, gi, c->shared, shared, out, blocks);
        add_targets(&sum, gi + shared, drawn_words(c, shape, i), shape->negative, out, blocks);
        for (size_t j = 0; j < i; j++) {
            float both = 0;
            for (size_t k = 0; k < shared; k++)
                both += gi[k] * g[j * row + k];
            sum_add(&sum, alpha * both, h + j * ld, blocks);
        }
        sum_store(e + i * ld, &sum, blocks);
    }
}

/* g of the examples of a word. g has h . out[k] and q_ij; p has the sigmoid of them, which is right for the
 * first example and for random words. */
INLINE void word_slopes(float *g, float *p, const cursor *c, const w2v_shape *shape, const w2v_rule *rule,
                        float alpha)
{
    size_t n = w2v_examples(shape, c->x), shared = (size_t)c->x->shared, row = shared + shape->negative;
    const float *q = g + n * row;
    for (size_t i = 0; i < n; q += i++) {
        float *gi = g + i * row, *pi = p + i * row;
        if (i > 0) {
            add_earlier(gi, i, g, row, q, shared, alpha);
            ops_sigmoid(pi, gi, shared);
        }
        slopes(gi, pi, c, drawn_words(c, shape, i), shape, rule->sigmoid);
    }
}

/* ---- changes ---- */

INLINE void change_targets(const cursor *c, const w2v_shape *shape, const float *g, const float *h,
                           float *out, float alpha, size_t blocks)
{
    size_t n = w2v_examples(shape, c->x), shared = (size_t)c->x->shared, row = shared + shape->negative,
           ld = blocks * W2V_LANES;
    for (size_t k = 0; k < shared; k++) {
        sum_row sum = {0};
        for (size_t i = 0; i < n; i++)
            sum_add(&sum, alpha * g[i * row + k], h + i * ld, blocks);
        float *y = out + row_of(c->shared[k]) * ld;
        for (size_t i = 0; i < blocks; i++)
            STORE(y, i, BLOCK(y, i) + sum.block[i]);
    }
    for (size_t i = 0; i < n; i++) {
        const int32_t *drawn = drawn_words(c, shape, i);
        for (size_t k = 0; k < shape->negative; k++)
            add_scaled(out + row_of(drawn[k]) * ld, alpha * g[i * row + shared + k], h + i * ld, blocks);
    }
}

INLINE void change_context(const w2v_word *x, const w2v_block *b, const float *e, float *in, float rate,
                           size_t blocks)
{
    size_t ld = blocks * W2V_LANES;
    for (int32_t c = x->begin; c < x->end; c++)
        if (c != x->at) {
            add_scaled(in + (size_t)b->text[c] * ld, rate, e, blocks);
            e += b->shape.skipgram ? ld : 0;
        }
}

/* The number of products of the block. */
static size_t count_products(const w2v_block *b)
{
    cursor c = {0};
    for (size_t group = 0; group < b->n; group++) {
        cursor_group(&c, b, group);
        for (size_t i = 0; i < b->groups[group].n; i++)
            cursor_next(&c, &b->shape);
    }
    return c.products;
}

/* g = the sum of f over the slices. */
VECTORISED static void sum_products(float *restrict g, const w2v_work *work, size_t slices, size_t n,
                                    bool odd)
{
    memcpy(g, work[0].f[odd], n * sizeof *g);
    for (size_t s = 1; s < slices; s++) {
        const float *restrict f = work[s].f[odd];
        for (size_t i = 0; i < n; i++)
            g[i] += f[i];
    }
}

INLINE void learn(const w2v_model *m, w2v_work *work, const w2v_block *b, const w2v_rule *rule, float alpha,
                  size_t slice, bool odd, bool known, size_t blocks)
{
    const w2v_shape *shape = &b->shape;
    const w2v_slice *s = &m->slice[slice];
    w2v_work *w = &work[slice], *of = known ? &work[0] : w;
    size_t ld = blocks * W2V_LANES;
    log_sum loss = {.product = 1};
    cursor c = {0};
    if (!known) {
        size_t n = count_products(b);
        sum_products(w->g, work, m->slices, n, odd);
        ops_sigmoid(w->p, w->g, n);
    }
    for (size_t group = 0; group < b->n; group++) {
        cursor_group(&c, b, group);
        for (size_t i = 0; i < b->groups[group].n; i++, cursor_next(&c, shape)) {
            float *g = of->g + c.products, *p = of->p + c.products;
            if (!known)
                word_slopes(g, p, &c, shape, rule, alpha);
            if (group % m->slices == slice)
                add_losses(&loss, p, &c, shape);
            fill_e(w->e + c.examples * ld, &c, shape, g, w->h + c.examples * ld, s->out, alpha, blocks);
        }
    }
    w->loss += loss.sum - log(loss.product);
    c = (cursor){0};
    for (size_t group = 0; group < b->n; group++) {
        cursor_group(&c, b, group);
        for (size_t i = 0; i < b->groups[group].n; i++, cursor_next(&c, shape)) {
            float rate = rule->divide ? alpha / (float)(shape->skipgram ? 1 : c.x->context) : alpha;
            change_targets(&c, shape, of->g + c.products, w->h + c.examples * ld, s->out, alpha, blocks);
            change_context(c.x, b, w->e + c.examples * ld, s->in, rate, blocks);
        }
    }
}

VECTORISED void w2v_learn(w2v_model *m, w2v_work *work, const w2v_block *b, const w2v_rule *rule, float alpha,
                          size_t slice, bool odd, bool known)
{
    switch (m->slice[slice].ld / W2V_LANES) {
    case 1:
        learn(m, work, b, rule, alpha, slice, odd, known, 1);
        break;
    case 2:
        learn(m, work, b, rule, alpha, slice, odd, known, 2);
        break;
    case 3:
        learn(m, work, b, rule, alpha, slice, odd, known, 3);
        break;
    default:
        learn(m, work, b, rule, alpha, slice, odd, known, W2V_BLOCKS);
    }
}
