/* SPDX-License-Identifier: Apache-2.0 */
#include "train/adam.h"

#include "base/mem.h"
#include "tensor/ops.h"
#include "train/slices.h"

#include <math.h>
#include <string.h>

int adam_init(adam *a, const params *p)
{
    *a = (adam){.m = mem_array(p->size, sizeof(float)),
                .v = mem_array(p->size, sizeof(float)),
                .touched = mem_array(p->words, 1)};
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
    memset(a->touched, 0, p->words);
    a->t = 0;
}

typedef struct update {
    adam *a;
    params *p;
    const params *grad;
    const unsigned char *in_batch;
    float gradient;
    float keep;                 /* 1 - lr * decay, for parameters that decay */
    float rate, embedding_rate; /* lr / (1 - b1^t) */
    float root;                 /* 1 / sqrt(1 - b2^t) */
    size_t parts;
} update;

static void update_range(const update *u, size_t at, size_t n, float keep, float rate)
{
    ops_adam(u->p->data + at, u->a->m + at, u->a->v + at, u->grad->data + at, n, u->gradient, keep, rate,
             u->root);
}

static void update_rows(const update *u, size_t from, size_t to)
{
    const size_t E = u->p->sizes.E;
    for (size_t row = from; row < to; row++) {
        u->a->touched[row] |= u->in_batch[row];
        if (u->a->touched[row] && row > 0) /* row 0 is <pad> and stays 0 */
            update_range(u, row * E, E, 1, u->embedding_rate);
    }
}

/* Updates the elements from .. to-1, which belong to tensors after the embedding. */
static void update_tensors(const update *u, size_t from, size_t to)
{
    for (int i = 0; i < u->p->n; i++) {
        const param *t = &u->p->table[i];
        const size_t begin = t->offset > from ? t->offset : from;
        const size_t end = t->offset + t->count < to ? t->offset + t->count : to;
        if (begin < end)
            update_range(u, begin, end - begin, t->ndim > 1 ? u->keep : 1, u->rate);
    }
}

/* Part k of the rows of the embedding and of the other tensors, in the slice of this rank. */
static void update_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    const update *u = context;
    const slices s = slices_of(u->p);
    const size_t me = ranks_index(), parts = u->parts, rows = s.rows[me + 1] - s.rows[me];
    update_rows(u, s.rows[me] + rows * part / parts, s.rows[me] + rows * (part + 1) / parts);
    slice_range ranges[SLICE_RANGES];
    slices_ranges(ranges, u->p);
    for (int i = 0; i < SLICE_RANGES; i++)
        update_tensors(u, ranges[i].begin + ranges[i].n * part / parts,
                       ranges[i].begin + ranges[i].n * (part + 1) / parts);
}

void adam_step(adam *a, params *p, const params *grad, const unsigned char *in_batch, const adam_rates *rates,
               pool *threads)
{
    a->t++;
    const double t = (double)a->t, rate = (double)rates->learning_rate / (1 - pow(0.9, t));
    update u = {.a = a,
                .p = p,
                .grad = grad,
                .in_batch = in_batch,
                .gradient = rates->gradient,
                .keep = (float)(1 - (double)rates->learning_rate * (double)rates->weight_decay),
                .rate = (float)rate,
                .embedding_rate = (float)(rate * (double)rates->embedding),
                .root = (float)(1 / sqrt(1 - pow(0.999, t))),
                .parts = 4 * pool_size(threads)};
    pool_run(threads, update_part, &u, u.parts);
}
