/* SPDX-License-Identifier: Apache-2.0 */
#include "train/clip.h"

#include "tensor/ops.h"
#include "train/slices.h"

#include <math.h>

typedef struct sums {
    const params *grad;
    const unsigned char *in_batch;
    slices s;
    double unit[SLICE_UNITS], group[SLICE_GROUPS];
} sums;

static double sum_of(const params *g, slice_range r)
{
    return ops_sum_squares(g->data + r.begin, r.n);
}

/* A unit of the rows of the embedding and of the shared tensors, or a group of labels, in the slice of this
 * rank. The gaps between tensors are zero. */
static void sum_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    sums *s = context;
    const params *g = s->grad;
    const size_t E = g->sizes.E, me = ranks_index(), first = s->s.unit[me], units = s->s.unit[me + 1] - first;
    slice_range ranges[SLICE_RANGES];
    if (task >= units) {
        const size_t group = s->s.group[me] + task - units;
        slices_ranges(ranges, g, 0, 0, slices_label(g, group), slices_label(g, group + 1));
        s->group[group] = sum_of(g, ranges[1]) + sum_of(g, ranges[2]) + sum_of(g, ranges[3]);
        return;
    }
    const size_t unit = first + task, from = slices_shared(g, unit), to = slices_shared(g, unit + 1);
    double sum = 0;
    for (size_t row = slices_row(g, unit); row < slices_row(g, unit + 1); row++)
        if (s->in_batch[row])
            sum += ops_sum_squares(g->embed + row * E, E);
    s->unit[unit] = sum + sum_of(g, (slice_range){from, to - from});
}

double clip_norm(const params *grad, const unsigned char *in_batch, pool *threads)
{
    sums s = {.grad = grad, .in_batch = in_batch, .s = slices_of(grad)};
    const size_t me = ranks_index(), units = s.s.unit[me + 1] - s.s.unit[me],
                 groups = s.s.group[me + 1] - s.s.group[me];
    pool_run(threads, sum_task, &s, units + groups);
    ranks_gather(s.unit, sizeof *s.unit, s.s.unit);
    ranks_gather(s.group, sizeof *s.group, s.s.group);
    double sum = 0;
    for (size_t i = 0; i < SLICE_UNITS; i++)
        sum += s.unit[i];
    for (size_t i = 0; i < slices_groups(grad); i++)
        sum += s.group[i];
    return sqrt(sum);
}

float clip_factor(double norm, double max_norm)
{
    const double factor = max_norm / (norm + 1e-6);
    return factor < 1 ? (float)factor : 1;
}
