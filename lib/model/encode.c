#include "model/encode.h"

#include "base/mem.h"
#include "tensor/gemm.h"
#include "tensor/ops.h"

#include <string.h>

enum { LINE = MEM_ALIGN / sizeof(float) };

static size_t widest(const config *c)
{
    size_t D = 0;
    for (int i = 0; i < c->blocks; i++)
        D = (size_t)c->channels[i] > D ? (size_t)c->channels[i] : D;
    return D;
}

/* Pieces of one allocation. The first walk, with memory NULL, only counts. */
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

/* The convolutions' scratch, one for all blocks. */
static float *scratch_piece(pieces *m, const config *c, size_t rows)
{
    size_t most = 0;
    for (int i = 0; i < c->blocks; i++) {
        const block_shape shape = block_shape_of(c, i);
        const size_t n = conv_scratch(&shape.conv, rows);
        most = n > most ? n : most;
    }
    return piece(m, most);
}

/* Takes the pieces of what `place` lays out, in new memory where the old does not suffice. */
static int make_room(float **memory, size_t *cap, size_t T,
                     void (*place)(void *context, const config *c, pieces *m, size_t cap), void *context,
                     const config *c)
{
    if (T <= *cap && *memory)
        return 0;
    const size_t rows = T + T / 4 + LINE;
    pieces count = {0};
    place(context, c, &count, rows);
    float *fresh = mem_array(count.used, sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(*memory);
    *memory = fresh;
    *cap = rows;
    pieces real = {.memory = fresh};
    place(context, c, &real, rows);
    return 0;
}

static void place_shared(encoding *e, const config *c, pieces *m, size_t cap)
{
    e->X = piece(m, cap * (size_t)c->embedding_size);
    for (int i = 0; i < c->blocks; i++) {
        const size_t D = (size_t)c->channels[i], Q = (size_t)config_squeeze(c, i);
        e->H[i] = piece(m, cap * D);
        e->block[i] = (block_state){.z = piece(m, D), .u = piece(m, Q), .s = piece(m, D)};
    }
    e->pooled = c->attention == ATTENTION_SUM ? piece(m, cap * (size_t)config_last(c)) : NULL;
    e->scratch = scratch_piece(m, c, cap);
}

static void place_predict(void *context, const config *c, pieces *m, size_t cap)
{
    encoding *e = context;
    place_shared(e, c, m, cap);
    float *C = piece(m, cap * widest(c));
    for (int i = 0; i < c->blocks; i++)
        e->block[i].C = C;
    e->R = piece(m, cap * widest(c));
}

static void place_train(void *context, const config *c, pieces *m, size_t cap)
{
    encoding *e = context;
    place_shared(e, c, m, cap);
    for (int i = 0; i < c->blocks; i++) {
        const size_t D = (size_t)c->channels[i];
        block_state *b = &e->block[i];
        b->C = piece(m, cap * D);
        b->Z = piece(m, cap * D);
        b->mean = piece(m, cap);
        b->rstd = piece(m, cap);
        b->ds = piece(m, D);
        b->du = piece(m, (size_t)config_squeeze(c, i));
    }
    e->R = NULL;
}

int encoding_begin(encoding *e, const config *c, size_t T, bool keep)
{
    if (make_room(&e->memory, &e->cap, T, keep ? place_train : place_predict, e, c))
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
    const size_t E = (size_t)p->c.embedding_size;
    for (size_t t = 0; t < e->T; t++)
        memcpy(e->X + t * E, p->embed + (size_t)ids[t] * E, E * sizeof(float));
}

void encode_pool(float *pooled, const float *const *H, const params *p, size_t T)
{
    const int last = p->c.blocks - 1;
    const size_t D = (size_t)config_last(&p->c);
    memcpy(pooled, H[last], T * D * sizeof(float));
    for (int i = 0; i < last; i++) {
        const size_t D_i = (size_t)p->c.channels[i];
        gemm(T, D, D_i, 1, H[i], (ptrdiff_t)D_i, 1, p->same[i], 1, (ptrdiff_t)D_i, 1, pooled, (ptrdiff_t)D);
        ops_add_bias(pooled, p->same_bias[i], T, D);
    }
}

/* Forward: pooled = H_last + sum_i (H_i same_i' + bias_i). */
static void pool_backward(encoding_grad *g, const params *dp, const encoding *e, const params *p)
{
    const int last = p->c.blocks - 1;
    const size_t D = (size_t)config_last(&p->c), T = e->T;
    const float *dpooled = g->dpooled;
    for (size_t i = 0; i < T * D; i++)
        g->dH[last][i] += dpooled[i];
    for (int i = 0; i < last; i++) {
        const size_t D_i = (size_t)p->c.channels[i];
        gemm(T, D_i, D, 1, dpooled, (ptrdiff_t)D, 1, p->same[i], (ptrdiff_t)D_i, 1, 1, g->dH[i],
             (ptrdiff_t)D_i);
        gemm(D, D_i, T, 1, dpooled, 1, (ptrdiff_t)D, e->H[i], (ptrdiff_t)D_i, 1, 1, dp->same[i],
             (ptrdiff_t)D_i);
        ops_add_rows(dp->same_bias[i], dpooled, T, D);
    }
}

void encode_blocks(encoding *e, const params *p)
{
    for (int i = 0; i < p->c.blocks; i++) {
        const block_shape shape = block_shape_of(&p->c, i);
        block_state *b = &e->block[i];
        block_forward(e->H[i], b, b->Z ? b->Z : e->R, i ? e->H[i - 1] : e->X, &p->block[i], &shape, e->T,
                      e->scratch);
        if (e->drop)
            dropout_hidden(e->H[i], e->drop, i, e->T, shape.D);
    }
}

void encode_forward(encoding *e, const params *p)
{
    encode_blocks(e, p);
    if (e->pooled)
        encode_pool(e->pooled, (const float *const *)e->H, p, e->T);
}

const float *encode_attended(const encoding *e, const config *c, int a)
{
    return e->pooled ? e->pooled : e->H[config_attended_block(c, a)];
}

static void place_grad(void *context, const config *c, pieces *m, size_t cap)
{
    encoding_grad *g = context;
    for (int i = 0; i < c->blocks; i++)
        g->dH[i] = piece(m, cap * (size_t)c->channels[i]);
    g->dpooled = c->attention == ATTENTION_SUM ? piece(m, cap * (size_t)config_last(c)) : NULL;
    g->dC = piece(m, cap * widest(c));
}

int encoding_grad_begin(encoding_grad *g, const config *c, size_t T)
{
    if (make_room(&g->memory, &g->cap, T, place_grad, g, c))
        return -1;
    for (int i = 0; i < c->blocks; i++)
        memset(g->dH[i], 0, T * (size_t)c->channels[i] * sizeof(float));
    if (g->dpooled)
        memset(g->dpooled, 0, T * (size_t)config_last(c) * sizeof(float));
    return 0;
}

void encoding_grad_free(encoding_grad *g)
{
    mem_free(g->memory);
    *g = (encoding_grad){0};
}

float *encoding_grad_attended(const encoding_grad *g, const config *c, int a)
{
    return g->dpooled ? g->dpooled : g->dH[config_attended_block(c, a)];
}

void encode_backward(float *dX, const params *dp, encoding_grad *g, const encoding *e, const params *p,
                     const winograd_weights *transposed)
{
    const size_t T = e->T;
    if (g->dpooled)
        pool_backward(g, dp, e, p);
    if (dX)
        memset(dX, 0, T * (size_t)p->c.embedding_size * sizeof(float));
    for (int i = p->c.blocks - 1; i >= 0; i--) {
        const block_shape shape = block_shape_of(&p->c, i);
        if (e->drop)
            dropout_hidden(g->dH[i], e->drop, i, T, shape.D);
        block_backward(i ? g->dH[i - 1] : dX, &dp->block[i], g->dH[i], g->dC, &e->block[i],
                       i ? e->H[i - 1] : e->X, &p->block[i], transposed->block[i], &shape, T, e->scratch);
    }
}
