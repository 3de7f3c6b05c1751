/* SPDX-License-Identifier: Apache-2.0 */
/* The gradients of the parameters, from the sums over the parts of a batch: those of the slice of this rank,
 * and of all of proj. */
#include "train/step_private.h"

#include "tensor/ops.h"

#include <string.h>

/* A task has a piece of a region, or a group of labels, in the slice of this rank. */
typedef struct sum_job {
    step *s;
    slices own;
    struct region_piece {
        size_t region;
        step_piece piece;
    } pieces[STEP_REGIONS * STEP_PIECES];
    size_t n;
} sum_job;

static void list_pieces(sum_job *j)
{
    step_piece pieces[STEP_PIECES];
    for (size_t region = 1; region < j->s->regions; region++) {
        const size_t n = step_pieces(j->s, region, ranks_index(), pieces);
        for (size_t i = 0; i < n; i++)
            j->pieces[j->n++] = (struct region_piece){region, pieces[i]};
    }
}

static void sum_piece(const sum_job *j, const struct region_piece *p)
{
    memcpy(j->s->grad.data + j->s->region[p->region].begin + p->piece.begin,
           step_sum_of(j->s, p->region, p->piece.begin, p->piece.n), p->piece.n * sizeof(float));
}

/* From dQ to the gradients of U, W, b, and to those of proj in proj_sums. */
static void unstack_group(const sum_job *j, size_t group)
{
    const step *s = j->s;
    const size_t S = s->S, d_l = s->p->sizes.d_l, begin = slices_label(s->p, group),
                 end = slices_label(s->p, group + 1);
    const float *dQ = step_sum_of(s, 0, 2 * begin * S, 2 * (end - begin) * S),
                *db = step_sum_of(s, 0, 2 * s->L * S + begin, end - begin);
    float *proj = s->proj_sums + group * s->proj;
    memset(proj, 0, s->proj * sizeof *proj);
    params grad = s->grad;
    step_view(&grad, s->proj_begin, s->proj_begin + s->proj, proj);
    if (s->o->label_sample)
        step_sample_view(s, &grad);
    for (size_t first = begin; first < end; first += ATTEND_TRAIN_TILE) {
        const size_t n = end - first < ATTEND_TRAIN_TILE ? end - first : ATTEND_TRAIN_TILE;
        memset(grad.U + first * d_l, 0, n * d_l * sizeof(float));
        memset(grad.W + first * S, 0, n * S * sizeof(float));
        attend_unstack(dQ + 2 * (first - begin) * S, &grad, s->p, first, n);
        memcpy(grad.b + first, db + (first - begin), n * sizeof(float));
    }
}

static void sum_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    const sum_job *j = context;
    const size_t group = j->own.group[ranks_index()], groups = j->own.group[ranks_index() + 1] - group;
    if (task < groups)
        unstack_group(j, group + task);
    else
        sum_piece(j, &j->pieces[task - groups]);
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

/* Begins to give the losses of all documents to all ranks. */
static void share_losses(step *s)
{
    size_t first[RANKS_MOST + 1];
    for (size_t rank = 0; rank <= ranks_count(); rank++)
        first[rank] = step_first_of(s, rank);
    ranks_begin_gather(s->loss, sizeof *s->loss, first);
}

int step_sum(step *s)
{
    sum_job j = {.s = s, .own = slices_of(s->p)};
    share_losses(s);
    if (step_sum_rows(s))
        return -1;
    list_pieces(&j);
    const size_t me = ranks_index(), groups = j.own.group[me + 1] - j.own.group[me];
    pool_run(s->threads, sum_task, &j, groups + j.n);
    sum_proj(s, &j.own);
    return 0;
}
