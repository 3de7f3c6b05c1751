/* SPDX-License-Identifier: Apache-2.0 */
/* The gradients of the parameters, from the sums over the parts of a batch: those of the slice of this rank,
 * and of all of proj. */
#include "train/step_private.h"

#include "tensor/ops.h"

#include <string.h>

/* A task has a range of the shared tensors, or a group of labels, in the slice of this rank. */
typedef struct sum_job {
    step *s;
    step_sums sums;
    slices own;
    size_t me, ranges;
} sum_job;

static void copy_shared(const sum_job *j, size_t range)
{
    const size_t first = j->own.shared[j->me], n = j->own.shared[j->me + 1] - first;
    const size_t from = n * range / j->ranges, to = n * (range + 1) / j->ranges;
    memcpy(j->s->grad.data + first + from, j->sums.shared + from, (to - from) * sizeof(float));
}

/* From dQ to the gradients of U, W, b, and to those of proj in proj_sums. */
static void unstack_group(const sum_job *j, size_t group)
{
    const step *s = j->s;
    const size_t S = s->S, d_l = s->p->sizes.d_l, begin = j->own.labels[j->me];
    float *proj = s->proj_sums + group * s->proj;
    memset(proj, 0, s->proj * sizeof *proj);
    params grad = step_view(&s->grad, s->proj_begin, s->proj_begin + s->proj, proj);
    if (s->o->label_sample)
        step_sample_view(s, &grad);
    const size_t end = slices_label(s->p, group + 1);
    for (size_t first = slices_label(s->p, group); first < end; first += ATTEND_TRAIN_TILE) {
        const size_t n = end - first < ATTEND_TRAIN_TILE ? end - first : ATTEND_TRAIN_TILE;
        memset(grad.U + first * d_l, 0, n * d_l * sizeof(float));
        memset(grad.W + first * S, 0, n * S * sizeof(float));
        attend_unstack(j->sums.dQ + 2 * (first - begin) * S, &grad, s->p, first, n);
        memcpy(grad.b + first, j->sums.db + (first - begin), n * sizeof(float));
    }
}

static void sum_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    const sum_job *j = context;
    if (task < j->ranges)
        copy_shared(j, task);
    else
        unstack_group(j, j->own.group[j->me] + task - j->ranges);
}

/* The gradient of proj: all ranks have all of it. */
static void sum_proj(step *s, const slices *own)
{
    float *sum = s->grad.data + s->proj_begin;
    ranks_gather(s->proj_sums, s->proj * sizeof *sum, own->group);
    memcpy(sum, s->proj_sums, s->proj * sizeof *sum);
    for (size_t group = 1; group < slices_groups(s->p); group++)
        ops_axpy(sum, 1, s->proj_sums + group * s->proj, s->proj);
}

static void share_losses(step *s)
{
    size_t first[RANKS_MOST + 1];
    for (size_t rank = 0; rank <= ranks_count(); rank++)
        first[rank] = step_first_of(s, rank);
    ranks_gather(s->loss, sizeof *s->loss, first);
}

int step_sum(step *s)
{
    sum_job j = {.s = s, .own = slices_of(s->p), .me = ranks_index(), .ranges = s->workers};
    if (ranks_count() > 1) {
        if (step_exchange(s, &j.sums))
            return -1;
    } else {
        j.sums.shared = sum_tree_sum(&s->sum);
        j.sums.dQ = s->by_label ? sum_tree_sum(&s->label_sum) : j.sums.shared + s->shared;
        j.sums.db = j.sums.dQ + 2 * s->L * s->S;
    }
    pool_run(s->threads, sum_task, &j, j.ranges + j.own.group[j.me + 1] - j.own.group[j.me]);
    sum_proj(s, &j.own);
    share_losses(s);
    return step_sum_rows(s);
}
