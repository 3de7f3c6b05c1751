#include "train/w2v_block.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/vectorised.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

#define LEAST_P   1e-30       /* of a probability in the loss, so that a product of nine does not vanish */
#define TABLE_END 0.99752738f /* sigmoid(6) */

int w2v_model_init(w2v_model *m, int32_t n, int32_t n_out, int32_t size, float range, uint64_t seed)
{
    size_t ld = ((size_t)size + W2V_LANES - 1) / W2V_LANES * W2V_LANES;
    *m = (w2v_model){.n = n, .n_out = n_out, .size = size, .ld = ld};
    m->in = mem_array((size_t)n * ld, sizeof(float));
    m->out = mem_array((size_t)n_out * ld, sizeof(float));
    if (m->in == NULL || m->out == NULL)
        return -1;
    rng r;
    rng_seed(&r, seed, 0, 0);
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < size; j++)
            m->in[(size_t)i * ld + (size_t)j] = range * (2 * rng_uniform(&r) - 1) / (float)size;
    return 0;
}

void w2v_model_free(w2v_model *m)
{
    mem_free(m->in);
    mem_free(m->out);
    *m = (w2v_model){0};
}

int w2v_block_init(w2v_block *b, int32_t n, int32_t rows, int32_t most, size_t ld)
{
    size_t all_rows = (size_t)n * (size_t)rows;
    *b = (w2v_block){.n = n, .rows = rows, .most = most};
    b->examples = mem_array((size_t)n, sizeof *b->examples);
    b->targets = mem_array((size_t)n * (size_t)most, sizeof *b->targets);
    b->g = mem_array(all_rows * (size_t)most, sizeof *b->g);
    b->h = mem_array(all_rows * ld, sizeof *b->h);
    b->e = mem_array(all_rows * ld, sizeof *b->e);
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

/* ---- an example, and where it keeps what ---- */

typedef struct view {
    const w2v_example *x;
    const w2v_target *targets; /* [K] */
    size_t context, R, K;
    size_t most;  /* floats from row to row of g */
    float *g;     /* [R][most] */
    float *h, *e; /* [R][ld] */
} view;

INLINE view view_of(const w2v_block *b, const w2v_rule *rule, int32_t i, size_t ld)
{
    const w2v_example *x = &b->examples[i];
    size_t context = (size_t)(x->end - x->begin - 1), most = (size_t)b->most,
           row = (size_t)i * (size_t)b->rows;
    return (view){.x = x,
                  .targets = b->targets + (size_t)i * most,
                  .context = context,
                  .R = rule->skipgram ? context : 1,
                  .K = (size_t)x->targets,
                  .most = most,
                  .g = b->g + row * most,
                  .h = b->h + row * ld,
                  .e = b->e + row * ld};
}

/* ---- rows of ld floats, a multiple of W2V_LANES ---- */

/* Sums of W2V_LANES lanes, so that the compiler may use vectors without changing the order of the additions.
 */
INLINE float dot(const float *restrict x, const float *restrict y, size_t ld)
{
    float lane[W2V_LANES] = {0};
    for (size_t i = 0; i < ld; i += W2V_LANES)
        for (size_t j = 0; j < W2V_LANES; j++)
            lane[j] += x[i + j] * y[i + j];
    for (size_t half = W2V_LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

INLINE void add_scaled(float *restrict y, float a, const float *restrict x, size_t ld)
{
    for (size_t i = 0; i < ld; i++)
        y[i] += a * x[i];
}

/* ---- forward ---- */

/* CBOW: h = sum_c in[c], or the mean. */
INLINE void add_context(const view *v, const w2v_model *m, const int32_t *text, bool mean)
{
    size_t ld = m->ld;
    memset(v->h, 0, ld * sizeof *v->h);
    for (int32_t c = v->x->begin; c < v->x->end; c++)
        if (c != v->x->at)
            add_scaled(v->h, 1, m->in + (size_t)text[c] * ld, ld);
    float scale = mean ? 1 / (float)v->context : 1;
    for (size_t i = 0; i < ld; i++)
        v->h[i] *= scale;
}

/* skip-gram: h_c = in[c], copied as the update of others may change in while it is needed. */
INLINE void copy_context(const view *v, const w2v_model *m, const int32_t *text)
{
    float *h = v->h;
    for (int32_t c = v->x->begin; c < v->x->end; c++)
        if (c != v->x->at) {
            memcpy(h, m->in + (size_t)text[c] * m->ld, m->ld * sizeof *h);
            h += m->ld;
        }
}

/* [right] - p, for a word drawn or a node of the tree. */
INLINE float slope(float p, bool right, bool word, w2v_sigmoid sigmoid)
{
    if (sigmoid != W2V_EXACT && (p >= TABLE_END || p <= 1 - TABLE_END)) {
        if (sigmoid == W2V_SKIP || !word)
            return 0;
        p = p > 0.5f;
    }
    return (float)right - p;
}

/* g[k] = p becomes its slope. -log of the product of what the targets should have been given. */
INLINE double loss_and_slope(float *g, const view *v, w2v_sigmoid sigmoid)
{
    double loss = 0, product = 1;
    for (size_t k = 0; k < v->K; k++) {
        bool right = v->targets[k].right;
        double given = right ? g[k] : 1 - (double)g[k];
        g[k] = slope(g[k], right, k < (size_t)v->x->drawn, sigmoid);
        product *= given > LEAST_P ? given : LEAST_P;
        if (k % 8 == 7) {
            loss -= log(product);
            product = 1;
        }
    }
    return loss - log(product);
}

/* g and e of row r. */
INLINE double forward_row(const view *v, size_t r, const w2v_model *m, w2v_sigmoid sigmoid)
{
    size_t ld = m->ld;
    float *g = v->g + r * v->most, *e = v->e + r * ld;
    const float *h = v->h + r * ld;
    for (size_t k = 0; k < v->K; k++)
        g[k] = dot(h, m->out + (size_t)v->targets[k].row * ld, ld);
    ops_sigmoid(g, g, v->K);
    double loss = loss_and_slope(g, v, sigmoid);
    memset(e, 0, ld * sizeof *e);
    for (size_t k = 0; k < v->K; k++)
        add_scaled(e, g[k], m->out + (size_t)v->targets[k].row * ld, ld);
    return loss;
}

VECTORISED double w2v_forward(w2v_block *b, const w2v_model *m, const w2v_rule *rule, int32_t first,
                              int32_t last)
{
    double loss = 0;
    for (int32_t i = first; i < last; i++) {
        view v = view_of(b, rule, i, m->ld);
        double of_rows = 0;
        if (rule->skipgram)
            copy_context(&v, m, b->text);
        else
            add_context(&v, m, b->text, !rule->sum);
        for (size_t r = 0; r < v.R; r++)
            of_rows += forward_row(&v, r, m, rule->sigmoid);
        loss += of_rows / (double)v.R;
    }
    return loss;
}

/* ---- update ---- */

/* Whose row it is: scattered, so that the frequent words do not fall to one part. */
INLINE int owner(int32_t row, int parts)
{
    uint32_t scattered = (uint32_t)row * 2654435769u;
    return (int)((uint64_t)scattered * (uint32_t)parts >> 32);
}

VECTORISED void w2v_update(w2v_model *m, const w2v_block *b, const w2v_rule *rule, float alpha, int part,
                           int parts)
{
    size_t ld = m->ld;
    for (int32_t i = 0; i < b->n; i++) {
        view v = view_of(b, rule, i, ld);
        float rate = rule->divide && !rule->skipgram ? alpha / (float)v.context : alpha;

        for (size_t k = 0; k < v.K; k++)
            if (owner(v.targets[k].row, parts) == part)
                for (size_t r = 0; r < v.R; r++)
                    add_scaled(m->out + (size_t)v.targets[k].row * ld, alpha * v.g[r * v.most + k],
                               v.h + r * ld, ld);
        const float *e = v.e;
        for (int32_t c = v.x->begin; c < v.x->end; c++) {
            if (c == v.x->at)
                continue;
            if (owner(b->text[c], parts) == part)
                add_scaled(m->in + (size_t)b->text[c] * ld, rate, e, ld);
            e += rule->skipgram ? ld : 0;
        }
    }
}
