/* SPDX-License-Identifier: Apache-2.0 */
#include "train/w2v_block.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/vectorised.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

#define MIN_P     1e-30 /* lower bound of a probability in the loss: a product of nine does not underflow */
#define TABLE_END 0.99752738f /* sigmoid(6) */

int w2v_model_init(w2v_model *m, size_t n, size_t n_out, size_t size, float range, uint64_t seed)
{
    size_t ld = (size + W2V_LANES - 1) / W2V_LANES * W2V_LANES;
    *m = (w2v_model){.n = n, .n_out = n_out, .size = size, .ld = ld};
    m->in = mem_array(n * ld, sizeof(float));
    m->out = mem_array(n_out * ld, sizeof(float));
    if (m->in == NULL || m->out == NULL)
        return -1;
    rng r;
    rng_seed(&r, seed, 0, 0);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < size; j++)
            m->in[i * ld + j] = range * (2 * rng_uniform(&r) - 1) / (float)size;
    return 0;
}

void w2v_model_free(w2v_model *m)
{
    mem_free(m->in);
    mem_free(m->out);
    *m = (w2v_model){0};
}

int w2v_block_init(w2v_block *b, size_t n, size_t max_targets, size_t ld)
{
    size_t targets = n * max_targets;
    *b = (w2v_block){.n = n, .max_targets = max_targets};
    b->examples = mem_array(n, sizeof *b->examples);
    b->targets = mem_array(targets, sizeof *b->targets);
    b->g = mem_array(targets, sizeof *b->g);
    b->h = mem_array(n * ld, sizeof *b->h);
    b->e = mem_array(n * ld, sizeof *b->e);
    return b->examples && b->targets && b->g && b->h && b->e ? 0 : -1;
}

void w2v_block_free(w2v_block *b)
{
    mem_free(b->examples);
    mem_free(b->targets);
    mem_free(b->g);
    mem_free(b->h);
    mem_free(b->e);
    *b = (w2v_block){0};
}

/* ---- rows of ld floats, where ld is a multiple of W2V_LANES ---- */

/* The sum of 16 floats, by pairwise summation. */
INLINE float sum_lanes(const float *lane)
{
    float eight[8], four[4];
    for (size_t j = 0; j < 8; j++)
        eight[j] = lane[j] + lane[j + 8];
    for (size_t j = 0; j < 4; j++)
        four[j] = eight[j] + eight[j + 4];
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/* W2V_LANES partial sums fix the order of the additions, so that the compiler can use vector code. */
INLINE float dot(const float *restrict x, const float *restrict y, size_t ld)
{
    float lane[W2V_LANES] = {0};
    for (size_t i = 0; i < ld; i += W2V_LANES)
        for (size_t j = 0; j < W2V_LANES; j++)
            lane[j] += x[i + j] * y[i + j];
    return sum_lanes(lane);
}

INLINE void add_scaled(float *restrict y, float a, const float *restrict x, size_t ld)
{
    for (size_t i = 0; i < ld; i++)
        y[i] += a * x[i];
}

/* ---- forward ---- */

/* h = sum or mean of in[c] over the context. */
INLINE void add_context(float *restrict h, const w2v_example *x, const w2v_model *m, const int32_t *text,
                        bool mean)
{
    size_t ld = m->ld;
    memset(h, 0, ld * sizeof *h);
    for (int32_t c = x->begin; c < x->end; c++)
        if (c != x->at)
            add_scaled(h, 1, m->in + text[c] * ld, ld);
    float scale = mean ? 1 / (float)x->context : 1;
    for (size_t i = 0; i < ld; i++)
        h[i] *= scale;
}

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

/* Replaces g[k] = p_k by its slope. Returns the loss. */
INLINE double loss_and_slope(float *g, const w2v_example *x, const w2v_target *targets, w2v_sigmoid sigmoid)
{
    double loss = 0, product = 1;
    for (int32_t k = 0; k < x->targets; k++) {
        double probability = targets[k].positive ? g[k] : 1 - (double)g[k];
        g[k] = slope(g[k], targets[k].positive, k < x->words, sigmoid);
        product *= probability > MIN_P ? probability : MIN_P;
        if (k % 8 == 7) {
            loss -= log(product);
            product = 1;
        }
    }
    return loss - log(product);
}

/* The row of target k in `moved`: first w, then the nodes; -1 for a random word, which is not shared. */
INLINE int32_t shared_row(const w2v_example *x, int32_t k)
{
    return k >= x->words ? k - x->words + (x->words > 0) : k == 0 ? 0 : -1;
}

/* out[k] for this example. */
INLINE const float *target_row(const w2v_example *x, int32_t k, const w2v_target *targets, const w2v_model *m,
                               const float *moved)
{
    int32_t shared = x->number > 0 ? shared_row(x, k) : -1;
    return shared < 0 ? m->out + targets[k].row * m->ld : moved + shared * m->ld;
}

/* moved = out[k] + alpha g_k h for the shared targets, for the next example of the word. */
INLINE void move_shared(float *moved, const w2v_example *x, const w2v_target *targets, const w2v_model *m,
                        const float *g, const float *h, float alpha)
{
    size_t ld = m->ld;
    for (int32_t k = 0; k < x->targets; k++) {
        int32_t shared = shared_row(x, k);
        if (shared < 0)
            continue;
        if (x->number == 0)
            memcpy(moved + shared * ld, m->out + targets[k].row * ld, ld * sizeof *moved);
        add_scaled(moved + shared * ld, alpha * g[k], h, ld);
    }
}

/* Most rows are not in the cache. The rows of the next example are prefetched during the current one. Of the
 * context only the last word is prefetched, because the previous word of the text had the others. */
INLINE void prefetch_row(const float *row, size_t ld)
{
    for (size_t j = 0; j < ld; j += W2V_LANES)
        __builtin_prefetch(row + j);
}

INLINE void prefetch_rows(const w2v_block *b, const w2v_model *m, size_t i)
{
    const w2v_example *x = &b->examples[i];
    const w2v_target *targets = b->targets + i * b->max_targets;
    if (x->targets == 0)
        return;
    prefetch_row(m->in + b->text[x->end - 1] * m->ld, m->ld);
    for (int32_t k = 0; k < x->targets; k++)
        prefetch_row(m->out + targets[k].row * m->ld, m->ld);
}

VECTORISED double w2v_forward(w2v_block *b, const w2v_model *m, const w2v_rule *rule, float alpha,
                              float *moved, size_t first, size_t last)
{
    size_t ld = m->ld;
    double loss = 0;
    for (size_t i = first; i < last; i++) {
        const w2v_example *x = &b->examples[i];
        const w2v_target *targets = b->targets + i * b->max_targets;
        float *h = b->h + i * ld, *e = b->e + i * ld, *g = b->g + i * b->max_targets;
        if (i + 1 < last)
            prefetch_rows(b, m, i + 1);
        if (x->targets == 0)
            continue;

        add_context(h, x, m, b->text, !rule->sum);
        for (int32_t k = 0; k < x->targets; k++)
            g[k] = dot(h, target_row(x, k, targets, m, moved), ld);
        ops_sigmoid(g, g, x->targets);
        loss += loss_and_slope(g, x, targets, rule->sigmoid);
        memset(e, 0, ld * sizeof *e);
        for (int32_t k = 0; k < x->targets; k++)
            add_scaled(e, g[k], target_row(x, k, targets, m, moved), ld);
        if (x->number + 1 < x->of)
            move_shared(moved, x, targets, m, g, h, alpha);
    }
    return loss;
}

/* ---- update ---- */

/* The part that updates a row. Rows are scattered, so that the frequent words do not all belong to one part.
 */
INLINE size_t owner(int32_t row, size_t parts)
{
    uint32_t scattered = (uint32_t)row * 2654435769u;
    return (size_t)((uint64_t)scattered * parts >> 32);
}

VECTORISED void w2v_update(w2v_model *m, const w2v_block *b, const w2v_rule *rule, float alpha, size_t part,
                           size_t parts)
{
    size_t ld = m->ld;
    for (size_t i = 0; i < b->n; i++) {
        const w2v_example *x = &b->examples[i];
        const w2v_target *targets = b->targets + i * b->max_targets;
        const float *h = b->h + i * ld, *e = b->e + i * ld, *g = b->g + i * b->max_targets;
        if (x->targets == 0)
            continue;

        float rate = rule->divide ? alpha / (float)x->context : alpha;
        for (int32_t k = 0; k < x->targets; k++)
            if (owner(targets[k].row, parts) == part)
                add_scaled(m->out + targets[k].row * ld, alpha * g[k], h, ld);
        for (int32_t c = x->begin; c < x->end; c++)
            if (c != x->at && owner(b->text[c], parts) == part)
                add_scaled(m->in + b->text[c] * ld, rate, e, ld);
    }
}
