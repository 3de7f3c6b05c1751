/* SPDX-License-Identifier: Apache-2.0 */
/* A step: its memory, its preparation, and the order of its work. */
#include "train/step.h"

#include "base/err.h"
#include "base/mem.h"
#include "train/step_private.h"

#include <string.h>

/* Maximum size in bytes of a gradient of Q for which each part of a batch has an array. */
static const size_t queries_limit = 8 << 20;

static void free_worker(step_worker *k)
{
    encoding_free(&k->e);
    encoding_grad_free(&k->g);
    attend_train_free(&k->a);
    mem_free(k->gold);
    mem_free(k->partial);
    mem_free(k->rows);
    mem_free(k->marks);
}

void step_free(step *s)
{
    if (!s)
        return;
    for (size_t k = 0; s->worker && k < s->workers; k++)
        free_worker(&s->worker[k]);
    mem_free(s->worker);
    params_free(&s->grad);
    winograd_weights_free(&s->U);
    winograd_weights_free(&s->transposed);
    step_regions_free(s);
    step_plan_free(&s->plan);
    step_rows_free(&s->rows);
    step_sample_free(&s->sample);
    mem_free(s->in_batch);
    mem_free(s->Q);
    mem_free(s->proj_sums);
    mem_free(s->dX);
    mem_free(s->loss);
    mem_free(s->received);
    mem_free(s->slices);
    mem_free(s->row_sums);
    mem_free(s);
}

static int init_worker(step_worker *k, const step *s)
{
    k->gold = mem_array(s->L, 1);
    k->rows = mem_array(STEP_SLOTS * s->p->sizes.E, sizeof *k->rows);
    return k->gold && k->rows ? 0 : -1;
}

/* The range of the tensors proj.I, which follow each other. */
static void find_proj(step *s)
{
    for (int i = 0; i < s->p->n; i++) {
        const param *t = &s->p->table[i];
        if (strncmp(t->name, "proj.", 5) != 0)
            continue;
        if (s->proj == 0)
            s->proj_begin = t->offset;
        s->proj = t->offset + t->count - s->proj_begin;
    }
}

/* Divides the L labels of a batch. */
static void divide_labels(step *s)
{
    s->tiles = (s->L + ATTEND_TRAIN_TILE - 1) / ATTEND_TRAIN_TILE;
    const size_t tiles_of_chunk = (s->tiles + STEP_CHUNKS - 1) / STEP_CHUNKS;
    s->chunks = (s->tiles + tiles_of_chunk - 1) / tiles_of_chunk;
}

step *step_new(const params *p, pool *threads, step_division division)
{
    step *s = mem_array(1, sizeof *s);
    if (!s)
        return NULL;
    s->all = p;
    s->with_winograd_weights = *p;
    s->p = &s->with_winograd_weights;
    s->threads = threads;
    s->workers = pool_size(threads);
    s->L = p->labels;
    s->S = p->sizes.S;
    s->by_label =
        division == STEP_LABELS || (division == STEP_AUTO && 2 * s->L * s->S * sizeof(float) > queries_limit);
    divide_labels(s);
    step_regions_init(s);
    find_proj(s);
    s->in_batch = mem_array(p->words, 1);
    s->Q = mem_array(2 * s->L * s->S, sizeof *s->Q);
    s->worker = mem_array(s->workers, sizeof *s->worker);
    s->proj_sums = mem_array(slices_groups(p) * s->proj, sizeof *s->proj_sums);
    bool failed = !s->in_batch || !s->Q || !s->worker || !s->proj_sums ||
                  step_rows_init(&s->rows, p->words) || step_sample_init(&s->sample, s->L) ||
                  params_init(&s->grad, &p->c, p->words, p->labels) ||
                  winograd_weights_init(&s->U, &p->sizes) || winograd_weights_init(&s->transposed, &p->sizes);
    winograd_weights_attach(&s->U, &s->with_winograd_weights);
    for (size_t k = 0; !failed && k < s->workers; k++)
        failed = init_worker(&s->worker[k], s) != 0;
    if (!failed)
        return s;
    step_free(s);
    return NULL;
}

const params *step_grad(const step *s)
{
    return &s->grad;
}

const unsigned char *step_in_batch(const step *s)
{
    return s->in_batch;
}

void step_view(params *view, size_t begin, size_t end, float *array)
{
    for (int i = 0; i < view->n; i++) {
        const param *t = &view->table[i];
        if (t->offset >= begin && t->offset < end)
            *(float **)(void *)((char *)view + t->slot) = array + (t->offset - begin);
    }
}

/* ---- preparation: U, and Q of the parameters ---- */

static void prepare_task(void *context, size_t task, size_t worker)
{
    (void)worker;
    step *s = context;
    const params *p = s->p;
    const size_t blocks = p->c.blocks;
    if (task < blocks) {
        winograd_weights_make(p, task, &s->transposed);
        return;
    }
    const size_t tile = task - blocks, first = tile * ATTEND_TRAIN_TILE;
    attend_stack(s->Q + 2 * first * s->S, p, first, step_tile_size(s, tile));
}

static int begin_sample(step *s)
{
    if (step_sample_begin(s, s->all))
        return -1;
    s->L = s->p->labels;
    divide_labels(s);
    step_regions_resize(s);
    return 0;
}

/* Divides the batch, and makes room for it. */
static int begin_batch(step *s)
{
    const size_t E = s->p->sizes.E;
    for (size_t i = 0; i < s->rows.n; i++) {
        memset(s->grad.embed + s->rows.row[i] * E, 0, E * sizeof(float));
        s->in_batch[s->rows.row[i]] = 0;
    }
    for (size_t k = 0; k < s->workers; k++)
        s->worker[k].failed = 0;
    const uint64_t own = step_parts_of(step_slots_of(ranks_index()));
    if (step_plan_make(&s->plan, s->batch, s->B, own, s->workers) ||
        mem_grow(&s->loss, &s->loss_cap, s->B, sizeof *s->loss))
        return -1;
    step_regions_begin(s);
    if (s->o->frozen)
        s->rows.n = 0;
    else if (step_rows_find(&s->rows, &s->plan, s->batch, s->B) ||
             mem_grow(&s->dX, &s->dX_cap, s->plan.words * E + 1, sizeof *s->dX) || step_fetch_rows(s))
        return -1;
    return step_exchange_begin(s);
}

/* ---- a batch ---- */

int step_run(step *s, const example *const *batch, size_t B, const step_options *o, double *loss)
{
    s->batch = batch;
    s->B = B;
    s->o = o;
    const size_t L = s->all->labels;
    s->scale = 1.0f / ((float)B * (float)L);
    if ((o->label_sample && begin_sample(s)) || begin_batch(s))
        return -1;
    pool_run(s->threads, prepare_task, s, s->p->c.blocks + s->tiles);
    if (s->by_label)
        step_by_labels(s);
    else
        step_by_documents(s);
    if (step_failed(s))
        return err_memory("out of memory for a batch");
    if (step_sum(s))
        return -1;
    if (o->label_sample)
        step_sample_end(s);

    double sum = 0;
    for (size_t i = 0; i < B; i++)
        sum += s->loss[i];
    *loss = sum / ((double)B * (double)L);
    return 0;
}
