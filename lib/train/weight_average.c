/* SPDX-License-Identifier: Apache-2.0 */
#include "train/weight_average.h"

#include "tensor/ops.h"
#include "train/slices.h"

typedef struct update {
    params *w;
    const params *p;
    const unsigned char *touched;
    float weight;
    size_t parts;
} update;

/* Part k of the rows of the embedding and of the other tensors, in the slice of this rank. */
static void update_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    const update *u = context;
    const params *p = u->p;
    const slices s = slices_of(p);
    const size_t E = p->sizes.E, me = ranks_index(), k = part, parts = u->parts;
    const size_t first = s.rows[me], rows = s.rows[me + 1] - first;
    for (size_t row = first + rows * k / parts; row < first + rows * (k + 1) / parts; row++)
        if (u->touched[row])
            ops_lerp(u->w->embed + row * E, u->weight, p->embed + row * E, E);
    slice_range ranges[SLICE_RANGES];
    slices_ranges(ranges, p);
    for (int i = 0; i < SLICE_RANGES; i++) {
        const size_t n = ranges[i].n, from = ranges[i].begin + n * k / parts,
                     to = ranges[i].begin + n * (k + 1) / parts;
        ops_lerp(u->w->data + from, u->weight, p->data + from, to - from);
    }
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
