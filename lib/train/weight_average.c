/* SPDX-License-Identifier: Apache-2.0 */
#include "train/weight_average.h"

#include "tensor/ops.h"

typedef struct update {
    params *w;
    const params *p;
    const unsigned char *touched;
    float weight;
    size_t parts;
} update;

/* Part k of the rows of the embedding and of the other tensors. */
static void update_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    const update *u = context;
    const params *p = u->p;
    const size_t E = p->sizes.E, words = p->words;
    const size_t k = part, parts = u->parts;
    for (size_t row = words * k / parts; row < words * (k + 1) / parts; row++)
        if (u->touched[row])
            ops_lerp(u->w->embed + row * E, u->weight, p->embed + row * E, E);
    const size_t n = p->size - p->shared_begin, from = n * k / parts, to = n * (k + 1) / parts;
    ops_lerp(u->w->data + p->shared_begin + from, u->weight, p->data + p->shared_begin + from, to - from);
}

float weight_average_weight(double decay, uint64_t t)
{
    const double warm = (double)t / (double)(9 + t);
    return (float)(1 - (warm < decay ? warm : decay));
}

void weight_average_step(params *w, const params *p, const unsigned char *touched, float weight,
                         pool *threads)
{
    update u = {.w = w, .p = p, .touched = touched, .weight = weight, .parts = 4 * pool_size(threads)};
    pool_run(threads, update_part, &u, u.parts);
}
