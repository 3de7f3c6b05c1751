/* SPDX-License-Identifier: Apache-2.0 */
#include "train/clip.h"

#include "tensor/ops.h"
#include "train/slices.h"

#include <math.h>

typedef struct sums {
    const params *grad;
    const unsigned char *in_batch;
    slices s;
    double rows[SLICE_UNITS], shared[SLICE_UNITS], group[SLICE_GROUPS];
} sums;

static double sum_of(const params *g, slice_range r)
{
    return ops_sum_squares(g->data + r.begin, r.n);
}

/* A unit of the rows of the embedding. The gaps between tensors are zero. */
static double sum_rows(const sums *s, size_t unit)
{
    const params *g = s->grad;
    const size_t E = g->sizes.E;
    double sum = 0;
    for (size_t row = slices_row(g, unit); row < slices_row(g, unit + 1); row++)
        if (s->in_batch[row])
            sum += ops_sum_squares(g->embed + row * E, E);
    return sum;
}

/* A unit of the shared tensors. */
static double sum_shared(const sums *s, size_t unit)
{
    const size_t from = slices_shared(s->grad, unit), to = slices_shared(s->grad, unit + 1);
    return sum_of(s->grad, (slice_range){from, to - from});
}

static double sum_labels(const sums *s, size_t group)
{
    slice_range ranges[SLICE_LABELS];
    slices_label_ranges(ranges, s->grad, slices_label(s->grad, group), slices_label(s->grad, group + 1));
    return sum_of(s->grad, ranges[0]) + sum_of(s->grad, ranges[1]) + sum_of(s->grad, ranges[2]);
}

/* What is in the slice of this rank: a unit of the rows, a unit of the shared tensors, or a group of labels.
 */
static void sum_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    sums *s = context;
    const size_t me = ranks_index(), units = s->s.unit[me + 1] - s->s.unit[me],
                 part = s->s.part[me + 1] - s->s.part[me];
    if (task < units) {
        const size_t unit = s->s.unit[me] + task;
        s->rows[unit] = sum_rows(s, unit);
        return;
    }
    task -= units;
    if (task < SLICE_BANDS * part) {
        const size_t unit = task / part * (SLICE_UNITS / SLICE_BANDS) + s->s.part[me] + task % part;
        s->shared[unit] = sum_shared(s, unit);
        return;
    }
    const size_t group = s->s.group[me] + task - SLICE_BANDS * part;
    s->group[group] = sum_labels(s, group);
}

/* Gives all sums to all ranks. */
static void share(sums *s)
{
    ranks_begin_gather(s->rows, sizeof *s->rows, s->s.unit);
    for (size_t band = 0; band < SLICE_BANDS; band++)
        ranks_begin_gather(s->shared + band * (SLICE_UNITS / SLICE_BANDS), sizeof *s->shared, s->s.part);
    ranks_begin_gather(s->group, sizeof *s->group, s->s.group);
    ranks_wait();
}

double clip_norm(const params *grad, const unsigned char *in_batch, pool *threads)
{
    sums s = {.grad = grad, .in_batch = in_batch, .s = slices_of(grad)};
    const size_t me = ranks_index(), units = s.s.unit[me + 1] - s.s.unit[me],
                 part = s.s.part[me + 1] - s.s.part[me], groups = s.s.group[me + 1] - s.s.group[me];
    pool_run(threads, sum_task, &s, units + SLICE_BANDS * part + groups);
    share(&s);
    double sum = 0;
    for (size_t i = 0; i < SLICE_UNITS; i++)
        sum += s.rows[i] + s.shared[i];
    for (size_t i = 0; i < slices_groups(grad); i++)
        sum += s.group[i];
    return sqrt(sum);
}

float clip_factor(double norm, double max_norm)
{
    const double factor = max_norm / (norm + 1e-6);
    return factor < 1 ? (float)factor : 1;
}
