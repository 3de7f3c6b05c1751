#include "train/adam.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

int adam_init(adam *a, const params *p)
{
    *a = (adam){.m = mem_array(p->size, sizeof(float)),
                .v = mem_array(p->size, sizeof(float)),
                .touched = mem_array((size_t)p->words, 1)};
    if (a->m && a->v && a->touched)
        return 0;
    adam_free(a);
    return -1;
}

void adam_free(adam *a)
{
    mem_free(a->m);
    mem_free(a->v);
    mem_free(a->touched);
    *a = (adam){0};
}

void adam_reset(adam *a, const params *p)
{
    memset(a->m, 0, p->size * sizeof *a->m);
    memset(a->v, 0, p->size * sizeof *a->v);
    memset(a->touched, 0, (size_t)p->words);
    a->t = 0;
}

typedef struct update {
    adam *a;
    params *p;
    const params *grad;
    const unsigned char *in_batch;
    float rate, root; /* lr / (1 - b1^t), 1 / sqrt(1 - b2^t) */
    int parts;
} update;

static void update_range(const update *u, size_t at, size_t n)
{
    ops_adam(u->p->data + at, u->a->m + at, u->a->v + at, u->grad->data + at, n, u->rate, u->root);
}

/* Part k of u->parts: a share of the embedding's rows and of everything else. */
static void update_part(void *context, int part, int worker)
{
    (void)worker;
    const update *u = context;
    const size_t E = (size_t)u->p->c.embedding_size, words = (size_t)u->p->words, parts = (size_t)u->parts;
    const size_t k = (size_t)part;
    for (size_t row = words * k / parts; row < words * (k + 1) / parts; row++) {
        u->a->touched[row] |= u->in_batch[row];
        if (u->a->touched[row] && row > 0) /* row 0 is padding: zero for good */
            update_range(u, row * E, E);
    }
    const size_t begin = u->p->shared_begin, n = u->p->size - begin;
    const size_t from = n * k / parts, to = n * (k + 1) / parts;
    update_range(u, begin + from, to - from);
}

void adam_step(adam *a, params *p, const params *grad, const unsigned char *in_batch, float learning_rate,
               pool *threads)
{
    a->t++;
    const double t = (double)a->t;
    update u = {.a = a, .p = p, .grad = grad, .in_batch = in_batch, .parts = 4 * pool_size(threads)};
    u.rate = (float)(learning_rate / (1 - pow(0.9, t)));
    u.root = (float)(1 / sqrt(1 - pow(0.999, t)));
    pool_run(threads, update_part, &u, u.parts);
}
