/* SPDX-License-Identifier: Apache-2.0 */
/* The gradients of the parameters, from the sums over the parts of a batch. */
#include "train/step_private.h"

#include "tensor/ops.h"

#include <string.h>

static const float *queries_sum(const step *s)
{
    return s->by_label ? sum_tree_sum(&s->label_sum) : sum_tree_sum(&s->sum) + s->shared;
}

static void copy_shared(void *context, size_t slice, size_t worker)
{
    (void)worker;
    step *s = context;
    const size_t n = s->shared, slices = s->workers, from = n * slice / slices, to = n * (slice + 1) / slices;
    memcpy(s->grad.data + s->grad.shared_begin + from, sum_tree_sum(&s->sum) + from,
           (to - from) * sizeof(float));
}

/* The gradients, with those of proj in proj_sums for a group of tiles after the first. */
static params group_view(const step *s, size_t group)
{
    if (group == 0)
        return s->grad;
    float *sums = s->proj_sums + (group - 1) * s->proj;
    memset(sums, 0, s->proj * sizeof *sums);
    return step_view(&s->grad, s->proj_begin, s->proj_begin + s->proj, sums);
}

/* From dQ to the gradients of U, W, b and proj: a group of tiles. */
static void unstack_group(void *context, size_t group, size_t worker)
{
    (void)worker;
    step *s = context;
    const params grad = group_view(s, group);
    const float *dQ = queries_sum(s);
    const float *db = dQ + 2 * s->L * s->S;
    const size_t from = s->tiles * group / s->groups, to = s->tiles * (group + 1) / s->groups;
    for (size_t tile = from; tile < to; tile++) {
        const size_t first = tile * ATTEND_TRAIN_TILE, n = step_tile_size(s, tile);
        memset(grad.U + first * s->p->sizes.d_l, 0, n * s->p->sizes.d_l * sizeof(float));
        memset(grad.W + first * s->S, 0, n * s->S * sizeof(float));
        attend_unstack(dQ + 2 * first * s->S, &grad, s->p, first, n);
        memcpy(grad.b + first, db + first, n * sizeof(float));
    }
}

static void add_proj(step *s)
{
    for (size_t group = 1; group < s->groups; group++)
        ops_axpy(s->grad.data + s->proj_begin, 1, s->proj_sums + (group - 1) * s->proj, s->proj);
}

/* ---- the embedding ---- */

/* The sum of row i: that of its places in each slot, and then of the slots in the order of the tree. */
static void sum_row(const step *s, size_t i, float *sums)
{
    const step_rows *r = &s->rows;
    const size_t E = s->p->sizes.E;
    float *slot[STEP_SLOTS] = {NULL}, *to = s->grad.embed + r->row[i] * E;
    for (size_t j = r->first[i]; j < r->first[i + 1]; j++) {
        const size_t k = r->slot[j];
        const float *dX = s->dX + r->place[j] * E;
        if (slot[k]) {
            ops_axpy(slot[k], 1, dX, E);
        } else {
            slot[k] = sums + k * E;
            memcpy(slot[k], dX, E * sizeof *dX);
        }
    }
    for (size_t n = 1; n < STEP_SLOTS; n *= 2)
        for (size_t k = 0; k < STEP_SLOTS; k += 2 * n) {
            if (!slot[k])
                slot[k] = slot[k + n];
            else if (slot[k + n])
                ops_axpy(slot[k], 1, slot[k + n], E);
        }
    memcpy(to, slot[0], E * sizeof *to);
}

static void rows_task(void *context, size_t task, size_t worker)
{
    step *s = context;
    const size_t n = s->rows.n, tasks = 4 * s->workers;
    for (size_t i = n * task / tasks; i < n * (task + 1) / tasks; i++) {
        sum_row(s, i, s->worker[worker].rows);
        s->in_batch[s->rows.row[i]] = 1;
    }
}

void step_sum(step *s)
{
    pool_run(s->threads, copy_shared, s, s->workers);
    pool_run(s->threads, unstack_group, s, s->groups);
    add_proj(s);
    pool_run(s->threads, rows_task, s, 4 * s->workers);
}
