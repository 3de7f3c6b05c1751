#include "train/cbow.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/vectorised.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

#define LEAST_P 1e-30 /* of a probability in the loss, so that a product of nine does not vanish */

int cbow_init(cbow *m, int32_t n, int32_t size, uint64_t seed)
{
    size_t ld = ((size_t)size + CBOW_LANES - 1) / CBOW_LANES * CBOW_LANES;
    *m = (cbow){.n = n, .size = size, .ld = ld};
    m->in = mem_array((size_t)n * ld, sizeof(float));
    m->out = mem_array((size_t)n * ld, sizeof(float));
    if (m->in == NULL || m->out == NULL)
        return -1;
    rng r;
    rng_seed(&r, seed, 0, 0);
    for (int32_t i = 0; i < n; i++)
        for (int32_t j = 0; j < size; j++)
            m->in[(size_t)i * ld + (size_t)j] = (2 * rng_uniform(&r) - 1) / (float)size;
    return 0;
}

void cbow_free(cbow *m)
{
    mem_free(m->in);
    mem_free(m->out);
    *m = (cbow){0};
}

int cbow_block_init(cbow_block *b, int32_t n, int32_t drawn, size_t ld)
{
    size_t pairs = (size_t)n * (size_t)(1 + drawn);
    *b = (cbow_block){.n = n, .drawn = drawn};
    b->examples = mem_array((size_t)n, sizeof *b->examples);
    b->words = mem_array(pairs, sizeof *b->words);
    b->g = mem_array(pairs, sizeof *b->g);
    b->h = mem_array((size_t)n * ld, sizeof *b->h);
    b->e = mem_array((size_t)n * ld, sizeof *b->e);
    return b->examples && b->words && b->g && b->h && b->e ? 0 : -1;
}

void cbow_block_free(cbow_block *b)
{
    mem_free(b->examples);
    mem_free(b->words);
    mem_free(b->g);
    mem_free(b->h);
    mem_free(b->e);
    *b = (cbow_block){0};
}

/* ---- rows: n is a multiple of CBOW_LANES ---- */

/* Sums of CBOW_LANES lanes, so that the compiler may use vectors without changing the order of the additions.
 */
INLINE float dot(const float *restrict x, const float *restrict y, size_t n)
{
    float lane[CBOW_LANES] = {0};
    for (size_t i = 0; i < n; i += CBOW_LANES)
        for (size_t j = 0; j < CBOW_LANES; j++)
            lane[j] += x[i + j] * y[i + j];
    for (size_t half = CBOW_LANES / 2; half > 0; half /= 2)
        for (size_t j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

INLINE void add_scaled(float *restrict y, float a, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

/* ---- forward ---- */

INLINE void mean_of_context(float *restrict h, const cbow *m, const int32_t *text, const cbow_example *x)
{
    size_t ld = m->ld;
    memset(h, 0, ld * sizeof *h);
    for (int32_t c = x->begin; c < x->end; c++)
        if (c != x->at)
            add_scaled(h, 1, m->in + (size_t)text[c] * ld, ld);
    float scale = 1 / (float)(x->end - x->begin - 1);
    for (size_t i = 0; i < ld; i++)
        h[i] *= scale;
}

/* -log of the product of what the example's words should have been given: p_0, and 1 - p_k. g holds p, and
 * then g. */
static double loss_and_slope(float *g, const int32_t *words, int32_t n)
{
    double loss = 0, product = 1;
    for (int32_t k = 0; k < n; k++) {
        double right = k == 0 ? g[k] : 1 - (double)g[k];
        g[k] = (float)(k == 0) - g[k];
        if (words[k] < 0) {
            g[k] = 0;
            continue;
        }
        product *= right > LEAST_P ? right : LEAST_P;
        if (k % 8 == 7) {
            loss -= log(product);
            product = 1;
        }
    }
    return loss - log(product);
}

VECTORISED double cbow_forward(cbow_block *b, const cbow *m, int32_t first, int32_t last)
{
    size_t ld = m->ld, pairs = (size_t)(1 + b->drawn);
    double loss = 0;
    for (int32_t i = first; i < last; i++) {
        const int32_t *words = b->words + (size_t)i * pairs;
        float *h = b->h + (size_t)i * ld, *e = b->e + (size_t)i * ld, *g = b->g + (size_t)i * pairs;

        mean_of_context(h, m, b->text, &b->examples[i]);
        for (size_t k = 0; k < pairs; k++)
            g[k] = words[k] < 0 ? 0 : dot(h, m->out + (size_t)words[k] * ld, ld);
        ops_sigmoid(g, g, pairs);
        loss += loss_and_slope(g, words, 1 + b->drawn);
        memset(e, 0, ld * sizeof *e);
        for (size_t k = 0; k < pairs; k++)
            if (words[k] >= 0)
                add_scaled(e, g[k], m->out + (size_t)words[k] * ld, ld);
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

VECTORISED void cbow_update(cbow *m, const cbow_block *b, float alpha, bool divide, int part, int parts)
{
    size_t ld = m->ld, pairs = (size_t)(1 + b->drawn);
    for (int32_t i = 0; i < b->n; i++) {
        const cbow_example *x = &b->examples[i];
        const int32_t *words = b->words + (size_t)i * pairs;
        const float *h = b->h + (size_t)i * ld, *e = b->e + (size_t)i * ld, *g = b->g + (size_t)i * pairs;
        float rate = divide ? alpha / (float)(x->end - x->begin - 1) : alpha;

        for (size_t k = 0; k < pairs; k++)
            if (words[k] >= 0 && owner(words[k], parts) == part)
                add_scaled(m->out + (size_t)words[k] * ld, alpha * g[k], h, ld);
        for (int32_t c = x->begin; c < x->end; c++)
            if (c != x->at && owner(b->text[c], parts) == part)
                add_scaled(m->in + (size_t)b->text[c] * ld, rate, e, ld);
    }
}
