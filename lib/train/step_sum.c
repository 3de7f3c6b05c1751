/* SPDX-License-Identifier: Apache-2.0 */
/* Sums over the gradients of the parts, in order. */
#include "train/step_private.h"

#include "tensor/ops.h"

#include <string.h>

/* Part `index` of the tiles: adds up dQ over the parts, and adds it to the gradients of U, W and proj. */
static void unstack_part(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    const size_t parts = s->parts, from = s->tiles * index / parts, to = s->tiles * (index + 1) / parts;
    for (size_t tile = from; tile < to; tile++) {
        const size_t first = tile * ATTEND_TRAIN_TILE, n = step_tile_size(s, tile);
        float *dQ = s->part[0].dQ + 2 * first * s->S;
        for (size_t k = 1; k < s->parts && s->part[k].dQ; k++) {
            float *more = s->part[k].dQ + 2 * first * s->S;
            ops_axpy(dQ, 1, more, 2 * n * s->S);
            memset(more, 0, 2 * n * s->S * sizeof *more);
            ops_axpy(s->part[0].db + first, 1, s->part[k].db + first, n);
        }
        attend_unstack(dQ, &s->part[index].grad, s->p, first, n);
        memcpy(s->grad.b + first, s->part[0].db + first, n * sizeof(float));
    }
}

/* Adds up part `index` of the shared gradients and of those of U, and the rows of the embedding with row %
 * parts == index. So no two threads write to the same row, and each row is added up in the order of the
 * batch. */
static void sum_part(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    const size_t n = s->grad.shared_end - s->grad.shared_begin, parts = s->parts;
    const size_t from = n * index / parts, to = n * (index + 1) / parts;
    for (size_t k = 1; k < s->parts; k++)
        ops_axpy(s->grad.data + s->grad.shared_begin + from, 1, s->part[k].shared + from, to - from);

    const size_t count = s->part[0].dU.count, begin = count * index / parts,
                 end = count * (index + 1) / parts;
    for (size_t k = 1; k < s->parts; k++)
        ops_axpy(s->part[0].dU.data + begin, 1, s->part[k].dU.data + begin, end - begin);

    const size_t E = s->p->sizes.E;
    for (size_t b = 0; b < s->B && !s->o->frozen; b++) {
        const example *d = s->batch[b];
        for (size_t t = 0; t < d->T; t++) {
            const size_t row = d->ids[t];
            if (row % parts != index || row == 0)
                continue;
            s->in_batch[row] = 1;
            ops_axpy(s->grad.embed + row * E, 1, s->dX + (s->at[b] + t) * E, E);
        }
    }
}

static void winograd_task(void *context, size_t block, size_t worker)
{
    (void)worker;
    const step *s = context;
    winograd_weights_backward(&s->part[0].grad, block);
}

void step_sum(step *s)
{
    pool_run(s->threads, unstack_part, s, s->parts);
    pool_run(s->threads, sum_part, s, s->parts);
    pool_run(s->threads, winograd_task, s, s->p->c.blocks);
}
