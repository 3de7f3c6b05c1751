/* SPDX-License-Identifier: Apache-2.0 */
/* The loss and the gradients of a document, and of a batch that is divided by documents. */
#include "train/step_private.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <string.h>

/* ---- one document ---- */

void step_forward(step *s, step_worker *k, size_t i)
{
    const size_t document = s->plan.document[i];
    const example *d = s->batch[document];
    const model_sizes *n = &s->p->sizes;
    if (encoding_begin(&k->e, n, d->T, true) || encoding_grad_begin(&k->g, n, d->T)) {
        k->failed = 1;
        return;
    }
    k->drop = (dropout){.vectors = s->o->dropout,
                        .words = s->o->word_dropout,
                        .hidden = s->o->hidden_dropout,
                        .seed = s->o->seed,
                        .number = s->o->number,
                        .document = (uint64_t)document};
    k->e.drop = &k->drop;
    encode_embed(&k->e, s->p, d->ids);
    dropout_input(k->e.X, &k->drop, d->T, n->E);
    encode_forward(&k->e, s->p);
}

void step_backward(step *s, step_worker *k, size_t i, float **arrays, bool add)
{
    const size_t E = s->p->sizes.E, part = s->plan.part[i];
    float *dX = s->o->frozen ? NULL : s->dX + s->plan.at[i] * E;
    params grad = s->grad;
    add = add && step_ends(s, i, 1);
    for (size_t r = 1; r < s->regions; r++)
        step_view(&grad, s->region[r].begin, s->region[r].begin + s->region[r].n, arrays[r]);
    encode_backward_pool(&grad, &k->g, &k->e, s->p);
    if (add)
        step_region_add(s, 1, part, arrays[1]);
    for (size_t r = 2; r < s->regions; r++) {
        encode_backward_block(dX, &grad, &k->g, &k->e, s->p, &s->transposed, (int)(s->regions - 1 - r));
        if (add)
            step_region_add(s, r, part, arrays[r]);
    }
    if (dX)
        dropout_input(dX, &k->drop, k->e.T, E);
}

/* The index in this batch of a gold label. */
static int32_t index_of(const step *s, int32_t label)
{
    return s->o->label_sample ? s->sample.index[label] : label;
}

void step_mark_gold(const step *s, unsigned char *gold, const example *d, unsigned char value)
{
    for (size_t i = 0; i < d->n_gold; i++)
        gold[index_of(s, d->gold[i])] = value;
}

/* The marks of the document for labels first .. first+n-1. k->marks has room for all of its marks. */
static attend_marks marks_of_tile(const step *s, const step_worker *k, const example *d, size_t first,
                                  size_t n)
{
    attend_marks marks = {.of = k->marks, .weight = s->o->mark_weight};
    for (size_t i = 0; i < d->n_marks; i++) {
        const size_t label = (size_t)index_of(s, d->marks[i].label);
        if (label >= first && label < first + n)
            k->marks[marks.n++] = (attend_mark){(int32_t)(label - first), d->marks[i].first, d->marks[i].end};
    }
    return marks;
}

double step_attend(step *s, step_worker *k, const encoding *e, float *const *dH, const example *d,
                   const unsigned char *gold, float *dQ, attend_adds adds, size_t from, size_t to)
{
    const model_sizes *n = &s->p->sizes;
    float *db = dQ + 2 * s->L * s->S;
    const float *H[CONFIG_BLOCKS];
    for (int a = 0; a < n->attentions; a++)
        H[a] = encode_attended(e, n, a);
    if (attend_train_begin(&k->a, n, e->T, attend_marks_labels(d->marks, d->n_marks)) ||
        mem_grow(&k->marks, &k->marks_cap, d->n_marks, sizeof *k->marks)) {
        k->failed = 1;
        return 0;
    }
    double loss = 0;
    for (size_t tile = from; tile < to; tile++) {
        const size_t first = tile * ATTEND_TRAIN_TILE, size = step_tile_size(s, tile), q = 2 * first * s->S;
        const attend_marks marks = marks_of_tile(s, k, d, first, size);
        loss += attend_train_tile(dQ + q, db + first, dH, adds, s->Q + q, s->p->b + first, gold + first,
                                  s->sample.weight + first, &marks, H, n, e->T, size, s->o->gamma, s->scale,
                                  &k->a);
        adds.dH = true;
    }
    return loss;
}

/* ---- by documents: a thread processes the documents of a part forward and backward ---- */

static void process_document(step *s, step_worker *k, size_t i, float **arrays)
{
    const model_sizes *n = &s->p->sizes;
    const example *d = s->batch[s->plan.document[i]];
    step_forward(s, k, i);
    if (k->failed)
        return;
    float *dH[CONFIG_BLOCKS];
    for (int a = 0; a < n->attentions; a++)
        dH[a] = encoding_grad_attended(&k->g, n, a);
    step_mark_gold(s, k->gold, d, 1);
    const attend_adds adds = {.dQ = !step_begins(s, i, 1), .dH = true};
    s->loss[i] = step_attend(s, k, &k->e, dH, d, k->gold, arrays[0], adds, 0, s->tiles);
    step_mark_gold(s, k->gold, d, 0);
    if (k->failed)
        return;
    if (step_ends(s, i, 1))
        step_region_add(s, 0, s->plan.part[i], arrays[0]);
    step_backward(s, k, i, arrays, true);
}

static void part_task(void *context, size_t task, size_t worker)
{
    step *s = context;
    step_worker *k = &s->worker[worker];
    const size_t part = s->plan.order[task];
    float *arrays[STEP_REGIONS];
    arrays[0] = sum_tree_array(&s->region[0].sum);
    if (!arrays[0] || step_regions_arrays(s, arrays))
        k->failed = 1;
    for (size_t i = s->plan.first[part]; i < s->plan.first[part + 1] && !k->failed; i++)
        process_document(s, k, i, arrays);
}

void step_by_documents(step *s)
{
    pool_run(s->threads, part_task, s, s->plan.n);
}
