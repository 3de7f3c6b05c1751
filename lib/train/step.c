/* SPDX-License-Identifier: Apache-2.0 */
/* A step: its memory, its preparation, and the order of its work. */
#include "train/step.h"

#include "base/err.h"
#include "base/mem.h"
#include "train/step_private.h"

#include <string.h>

/* Maximum size in bytes of a gradient of Q for which each thread has a copy. */
static const size_t copies_limit = 8 << 20;

static void free_part(step_part *k)
{
    encoding_free(&k->e);
    encoding_grad_free(&k->g);
    attend_train_free(&k->a);
    mem_free(k->shared);
    winograd_weights_free(&k->dU);
    mem_free(k->dQ);
    mem_free(k->db);
    mem_free(k->partial);
}

void step_free(step *s)
{
    if (!s)
        return;
    for (size_t k = 0; s->part && k < s->parts; k++)
        free_part(&s->part[k]);
    mem_free(s->part);
    params_free(&s->grad);
    winograd_weights_free(&s->U);
    winograd_weights_free(&s->transposed);
    mem_free(s->in_batch);
    mem_free(s->gold);
    mem_free(s->Q);
    mem_free(s->order);
    mem_free(s->owner);
    mem_free(s->at);
    mem_free(s->dX);
    mem_free(s);
}

/* Makes a view of grad whose shared tensors have memory of their own. */
static int init_part(step_part *k, const step *s, bool first)
{
    const params *grad = &s->grad;
    k->grad = *grad;
    if (!first) {
        k->shared = mem_array(grad->shared_end - grad->shared_begin, sizeof(float));
        if (!k->shared)
            return -1;
        for (int i = 0; i < grad->n; i++) {
            const param *t = &grad->table[i];
            if (t->offset >= grad->shared_begin && t->offset < grad->shared_end)
                *(float **)(void *)((char *)&k->grad + t->slot) =
                    k->shared + (t->offset - grad->shared_begin);
        }
    }
    if (winograd_weights_init(&k->dU, &grad->sizes))
        return -1;
    winograd_weights_attach(&k->dU, &k->grad);
    if (first || !s->by_label) {
        k->dQ = mem_array(2 * s->L * s->S, sizeof(float));
        k->db = mem_array(s->L, sizeof(float));
        if (!k->dQ || !k->db)
            return -1;
    }
    return 0;
}

step *step_new(const params *p, pool *threads, step_division division)
{
    step *s = mem_array(1, sizeof *s);
    if (!s)
        return NULL;
    s->with_winograd_weights = *p;
    s->p = &s->with_winograd_weights;
    s->threads = threads;
    s->parts = pool_size(threads);
    s->L = p->labels;
    s->S = p->sizes.S;
    s->tiles = (s->L + ATTEND_TRAIN_TILE - 1) / ATTEND_TRAIN_TILE;
    s->by_label = division == STEP_LABELS ||
                  (division == STEP_AUTO && s->parts > 1 && 2 * s->L * s->S * sizeof(float) > copies_limit);
    s->in_batch = mem_array(p->words, 1);
    s->gold = mem_array(s->parts * s->L, 1);
    s->Q = mem_array(2 * s->L * s->S, sizeof *s->Q);
    s->part = mem_array(s->parts, sizeof *s->part);
    bool failed = !s->in_batch || !s->gold || !s->Q || !s->part ||
                  params_init(&s->grad, &p->c, p->words, p->labels) ||
                  winograd_weights_init(&s->U, &p->sizes) || winograd_weights_init(&s->transposed, &p->sizes);
    winograd_weights_attach(&s->U, &s->with_winograd_weights);
    for (size_t k = 0; !failed && k < s->parts; k++)
        failed = init_part(&s->part[k], s, k == 0) != 0;
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

/* ---- preparation: U, gradients of 0, and Q of the parameters ---- */

/* Sets the gradients of a part to 0. With many threads most of the clearing is here. */
static void clear_part(const step *s, step_part *k)
{
    if (k->shared)
        memset(k->shared, 0, (s->grad.shared_end - s->grad.shared_begin) * sizeof(float));
    memset(k->dU.data, 0, k->dU.count * sizeof(float));
    if (k->db)
        memset(k->db, 0, s->L * sizeof(float));
    k->loss = 0;
    k->failed = 0;
}

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
    task -= blocks;
    if (task < s->parts) {
        clear_part(s, &s->part[task]);
        return;
    }
    const size_t tile = (task - s->parts), first = tile * ATTEND_TRAIN_TILE;
    attend_stack(s->Q + 2 * first * s->S, p, first, step_tile_size(s, tile));
}

static void clear_gradients(step *s)
{
    const size_t E = s->p->sizes.E, words = s->p->words;
    for (size_t row = 0; row < words; row++)
        if (s->in_batch[row])
            memset(s->grad.embed + row * E, 0, E * sizeof(float));
    memset(s->in_batch, 0, words);
    memset(s->grad.data + s->grad.shared_begin, 0, (s->grad.size - s->grad.shared_begin) * sizeof(float));
}

/* Assigns the documents, the longest first, each to the part with the fewest words so far. */
static int plan(step *s)
{
    size_t words = 0;
    if (mem_grow(&s->order, &s->order_cap, s->B, sizeof *s->order))
        return -1;
    mem_free(s->owner);
    mem_free(s->at);
    s->owner = mem_array(s->B, sizeof *s->owner);
    s->at = mem_array(s->B, sizeof *s->at);
    size_t *load = mem_array(s->parts, sizeof *load);
    if (!s->owner || !s->at || !load) {
        mem_free(load);
        return -1;
    }
    for (size_t i = 0; i < s->B; i++) { /* insertion sort: stable, and batches are small */
        size_t j = i;
        for (; j > 0 && s->batch[s->order[j - 1]]->T < s->batch[i]->T; j--)
            s->order[j] = s->order[j - 1];
        s->order[j] = i;
        s->at[i] = words;
        words += s->batch[i]->T;
    }
    for (size_t i = 0; i < s->B; i++) {
        size_t least = 0;
        for (size_t k = 1; k < s->parts; k++)
            least = load[k] < load[least] ? k : least;
        s->owner[s->order[i]] = least;
        load[least] += s->batch[s->order[i]]->T + 1;
    }
    mem_free(load);
    if (s->o->frozen)
        return 0;
    return mem_grow(&s->dX, &s->dX_cap, words * s->p->sizes.E + 1, sizeof *s->dX);
}

/* ---- a batch ---- */

int step_run(step *s, const example *const *batch, size_t B, const step_options *o, double *loss)
{
    s->batch = batch;
    s->B = B;
    s->o = o;
    s->scale = 1.0f / ((float)B * (float)s->L);
    clear_gradients(s);
    if (plan(s))
        return -1;
    pool_run(s->threads, prepare_task, s, s->p->c.blocks + s->parts + s->tiles);
    if (s->by_label)
        step_by_labels(s);
    else
        step_by_documents(s);
    if (step_failed(s))
        return err_memory("out of memory for a batch");
    step_sum(s);

    double sum = 0;
    for (size_t k = 0; k < s->parts; k++)
        sum += s->part[k].loss;
    *loss = sum / ((double)B * (double)s->L);
    return 0;
}
