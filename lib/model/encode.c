/* SPDX-License-Identifier: Apache-2.0 */
#include "model/encode.h"

#include "base/mem.h"
#include "tensor/multiply.h"
#include "tensor/ops.h"

#include <string.h>

enum { LINE = MEM_ALIGN / sizeof(float) };

/* Divides one allocation into arrays. The first pass, with memory NULL, only adds up the sizes. */
typedef struct pieces {
    float *memory;
    size_t used;
} pieces;

static float *piece(pieces *m, size_t n)
{
    float *p = m->memory ? m->memory + m->used : NULL;
    m->used += (n + LINE - 1) / LINE * LINE;
    return p;
}

/* The scratch memory of the convolutions, which all blocks share. */
static float *scratch_piece(pieces *m, const model_sizes *n, size_t rows)
{
    size_t largest = 0;
    for (int i = 0; i < n->blocks; i++) {
        const size_t size = conv_scratch(&n->block[i].conv, rows);
        largest = size > largest ? size : largest;
    }
    return piece(m, largest);
}

/* The gradient of the transformed weights of a convolution. */
static float *transformed_piece(pieces *m, const model_sizes *n)
{
    size_t largest = 0;
    for (int i = 0; i < n->blocks; i++) {
        const size_t size = conv_dU_count(&n->block[i].conv);
        largest = size > largest ? size : largest;
    }
    return piece(m, largest);
}

/* Allocates the arrays that `place` assigns, if the capacity *cap is below T words. */
static int reserve(float **memory, size_t *cap, size_t T,
                   void (*place)(void *context, const model_sizes *n, pieces *m, size_t cap), void *context,
                   const model_sizes *n)
{
    if (T <= *cap && *memory)
        return 0;
    const size_t rows = T + T / 4 + LINE;
    pieces count = {0};
    place(context, n, &count, rows);
    float *fresh = mem_room(count.used, sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(*memory);
    *memory = fresh;
    *cap = rows;
    pieces real = {.memory = fresh};
    place(context, n, &real, rows);
    return 0;
}

static void place_shared(encoding *e, const model_sizes *n, pieces *m, size_t cap)
{
    e->X = piece(m, cap * n->E);
    for (int i = 0; i < n->blocks; i++) {
        const size_t D = n->block[i].D, Q = n->block[i].Q;
        e->H[i] = piece(m, cap * D);
        e->block[i] = (block_state){.z = piece(m, D), .u = piece(m, Q), .s = piece(m, D)};
    }
    e->pooled = n->sum ? piece(m, cap * n->D_last) : NULL;
    e->scratch = scratch_piece(m, n, cap);
}

static void place_predict(void *context, const model_sizes *n, pieces *m, size_t cap)
{
    encoding *e = context;
    place_shared(e, n, m, cap);
    float *C = piece(m, cap * n->D_max);
    for (int i = 0; i < n->blocks; i++)
        e->block[i].C = C;
    e->R = piece(m, cap * n->D_max);
}

static void place_train(void *context, const model_sizes *n, pieces *m, size_t cap)
{
    encoding *e = context;
    place_shared(e, n, m, cap);
    for (int i = 0; i < n->blocks; i++) {
        const size_t D = n->block[i].D;
        block_state *b = &e->block[i];
        b->C = piece(m, cap * D);
        b->Z = piece(m, cap * D);
        b->mean = piece(m, cap);
        b->rstd = piece(m, cap);
        b->ds = piece(m, D);
        b->du = piece(m, n->block[i].Q);
    }
    e->R = NULL;
}

int encoding_begin(encoding *e, const model_sizes *n, size_t T, bool keep)
{
    if (reserve(&e->memory, &e->cap, T, keep ? place_train : place_predict, e, n))
        return -1;
    e->T = T;
    return 0;
}

void encoding_free(encoding *e)
{
    mem_free(e->memory);
    *e = (encoding){0};
}

void encode_embed(encoding *e, const params *p, const int32_t *ids)
{
    const size_t E = p->sizes.E;
    for (size_t t = 0; t < e->T; t++)
        memcpy(e->X + t * E, p->embed + ids[t] * E, E * sizeof(float));
}

void encode_pool(float *pooled, const float *const *H, const params *p, size_t T)
{
    const int last = p->sizes.blocks - 1;
    const size_t D = p->sizes.D_last;
    memcpy(pooled, H[last], T * D * sizeof(float));
    for (int i = 0; i < last; i++) {
        const size_t D_i = p->sizes.block[i].D;
        multiply(p->sizes.block[i].conv.precision, matrix_rows(pooled, T, D), 1, const_rows(H[i], T, D_i),
                 transpose(const_rows(p->same[i], D, D_i)));
        ops_add_bias(pooled, p->same_bias[i], T, D);
    }
}

/* Forward: pooled = H_last + sum_i (H_i same_i' + bias_i). Backward:
 *
 *     dH_last += dpooled             dH_i += dpooled same_i
 *     dsame_i += dpooled' H_i        dbias_i += sum_t dpooled[t] */
static void pool_backward(encoding_grad *g, const params *dp, const encoding *e, const params *p)
{
    const int last = p->sizes.blocks - 1;
    const size_t D = p->sizes.D_last, T = e->T;
    const float *dpooled = g->dpooled;
    for (size_t i = 0; i < T * D; i++)
        g->dH[last][i] += dpooled[i];
    for (int i = 0; i < last; i++) {
        const size_t D_i = p->sizes.block[i].D;
        multiply(p->sizes.block[i].conv.precision, matrix_rows(g->dH[i], T, D_i), 1,
                 const_rows(dpooled, T, D), const_rows(p->same[i], D, D_i));
        multiply(p->sizes.block[i].conv.precision, matrix_rows(dp->same[i], D, D_i), 1,
                 transpose(const_rows(dpooled, T, D)), const_rows(e->H[i], T, D_i));
        ops_add_rows(dp->same_bias[i], dpooled, T, D);
    }
}

void encode_blocks(float *const *H, const float *X, encoding *e, const params *p)
{
    for (int i = 0; i < p->sizes.blocks; i++) {
        block_state *b = &e->block[i];
        block_forward(H[i], b, b->Z ? b->Z : e->R, i ? H[i - 1] : X, &p->block[i], &p->sizes.block[i], e->T,
                      e->scratch);
        if (e->drop)
            dropout_hidden(H[i], e->drop, i, e->T, p->sizes.block[i].D);
    }
}

void encode_forward(encoding *e, const params *p)
{
    encode_blocks(e->H, e->X, e, p);
    if (e->pooled)
        encode_pool(e->pooled, (const float *const *)e->H, p, e->T);
}

const float *encode_attended(const encoding *e, const model_sizes *n, int a)
{
    return e->pooled ? e->pooled : e->H[n->attention[a].block];
}

static void place_grad(void *context, const model_sizes *n, pieces *m, size_t cap)
{
    encoding_grad *g = context;
    for (int i = 0; i < n->blocks; i++)
        g->dH[i] = piece(m, cap * n->block[i].D);
    g->dpooled = n->sum ? piece(m, cap * n->D_last) : NULL;
    g->dC = piece(m, cap * n->D_max);
    g->dU = transformed_piece(m, n);
}

int encoding_grad_begin(encoding_grad *g, const model_sizes *n, size_t T)
{
    if (reserve(&g->memory, &g->cap, T, place_grad, g, n))
        return -1;
    for (int i = 0; i < n->blocks; i++)
        memset(g->dH[i], 0, T * n->block[i].D * sizeof(float));
    if (g->dpooled)
        memset(g->dpooled, 0, T * n->D_last * sizeof(float));
    return 0;
}

void encoding_grad_free(encoding_grad *g)
{
    mem_free(g->memory);
    *g = (encoding_grad){0};
}

float *encoding_grad_attended(const encoding_grad *g, const model_sizes *n, int a)
{
    return g->dpooled ? g->dpooled : g->dH[n->attention[a].block];
}

void encode_backward_pool(const params *dp, encoding_grad *g, const encoding *e, const params *p)
{
    if (g->dpooled)
        pool_backward(g, dp, e, p);
}

void encode_backward_block(float *dX, const params *dp, encoding_grad *g, const encoding *e, const params *p,
                           const winograd_weights *transposed, int block)
{
    const int i = block;
    const size_t T = e->T;
    if (i == 0 && dX)
        memset(dX, 0, T * p->sizes.E * sizeof(float));
    if (e->drop)
        dropout_hidden(g->dH[i], e->drop, i, T, p->sizes.block[i].D);
    block_backward(i ? g->dH[i - 1] : dX, &dp->block[i], g->dH[i], g->dC, g->dU, &e->block[i],
                   i ? e->H[i - 1] : e->X, &p->block[i], transposed->block[i], &p->sizes.block[i], T,
                   e->scratch);
}

void encode_backward(float *dX, const params *dp, encoding_grad *g, const encoding *e, const params *p,
                     const winograd_weights *transposed)
{
    encode_backward_pool(dp, g, e, p);
    for (int i = p->sizes.blocks - 1; i >= 0; i--)
        encode_backward_block(dX, dp, g, e, p, transposed, i);
}
