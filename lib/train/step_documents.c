/* SPDX-License-Identifier: Apache-2.0 */
/* The loss and the gradients of the documents of a batch, divided among the threads by documents or by
 * labels. */
#include "train/step_private.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <string.h>

/* ---- one document ---- */

static void forward(step *s, step_part *k, size_t document)
{
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

static void backward(step *s, step_part *k, size_t document)
{
    const size_t E = s->p->sizes.E;
    float *dX = s->o->frozen ? NULL : s->dX + s->at[document] * E;
    encode_backward(dX, &k->grad, &k->g, &k->e, s->p, &s->transposed);
    if (dX)
        dropout_input(dX, &k->drop, k->e.T, E);
}

static void mark_gold(unsigned char *gold, const example *d, unsigned char value)
{
    for (size_t i = 0; i < d->n_gold; i++)
        gold[d->gold[i]] = value;
}

/* Tiles from .. to-1 for the document in e. Adds the gradients to dH[a], dQ and db. */
static void attend(step *s, step_part *k, const encoding *e, float *const *dH, const unsigned char *gold,
                   float *dQ, float *db, size_t from, size_t to)
{
    const model_sizes *n = &s->p->sizes;
    const float *H[CONFIG_BLOCKS];
    for (int a = 0; a < n->attentions; a++)
        H[a] = encode_attended(e, n, a);
    if (attend_train_begin(&k->a, n, e->T)) {
        k->failed = 1;
        return;
    }
    for (size_t tile = from; tile < to; tile++) {
        const size_t first = tile * ATTEND_TRAIN_TILE, q = 2 * first * s->S;
        k->loss += attend_train_tile(dQ + q, db + first, dH, s->Q + q, s->p->b + first, gold + first, H, n,
                                     e->T, step_tile_size(s, tile), s->o->gamma, s->scale, &k->a);
    }
}

/* ---- by documents: a part processes its documents forward and backward ---- */

static void documents_part(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    step_part *k = &s->part[index];
    const model_sizes *n = &s->p->sizes;
    unsigned char *gold = s->gold + index * s->L;
    for (size_t i = 0; i < s->B && !k->failed; i++) {
        const size_t document = s->order[i];
        if (s->owner[document] != index)
            continue;
        forward(s, k, document);
        if (k->failed)
            return;
        float *dH[CONFIG_BLOCKS];
        for (int a = 0; a < n->attentions; a++)
            dH[a] = encoding_grad_attended(&k->g, n, a);
        mark_gold(gold, s->batch[document], 1);
        attend(s, k, &k->e, dH, gold, k->dQ, k->db, 0, s->tiles);
        mark_gold(gold, s->batch[document], 0);
        backward(s, k, document);
    }
}

void step_by_documents(step *s)
{
    pool_run(s->threads, documents_part, s, s->parts);
}

/* ---- by labels: groups of documents, one document for each part ---- */

static void group_forward(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    forward(s, &s->part[index], s->order[s->group + index]);
}

static void group_backward(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    backward(s, &s->part[index], s->order[s->group + index]);
}

/* The arrays dH[a] of each attention a within the partial dH of a part. */
static void partial_pieces(const step *s, step_part *k, size_t T, float *dH[CONFIG_BLOCKS])
{
    size_t offset = 0;
    for (int a = 0; a < s->p->sizes.attentions; a++) {
        dH[a] = k->partial + offset;
        offset += T * s->p->sizes.attention[a].D;
    }
}

/* Processes part `index` of the labels for the current document. */
static void labels_part(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    step_part *k = &s->part[index];
    const encoding *e = &s->part[s->current].e;
    const size_t n = e->T * s->S;
    if (mem_grow(&k->partial, &k->partial_cap, n, sizeof *k->partial)) {
        k->failed = 1;
        return;
    }
    memset(k->partial, 0, n * sizeof *k->partial);
    float *dH[CONFIG_BLOCKS];
    partial_pieces(s, k, e->T, dH);
    const size_t parts = s->parts, from = s->tiles * index / parts, to = s->tiles * (index + 1) / parts;
    attend(s, k, e, dH, s->gold, s->part[0].dQ, s->part[0].db, from, to);
}

/* Adds up part `index` of the elements of the partial dH of the current document. */
static void add_partials(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    const step_part *at = &s->part[s->current];
    const model_sizes *n = &s->p->sizes;
    const size_t T = at->e.T, parts = s->parts;
    for (size_t k = 0; k < s->parts; k++) {
        float *dH[CONFIG_BLOCKS];
        partial_pieces(s, &s->part[k], T, dH);
        for (int a = 0; a < n->attentions; a++) {
            const size_t size = T * n->attention[a].D;
            const size_t from = size * index / parts, to = size * (index + 1) / parts;
            ops_axpy(encoding_grad_attended(&at->g, n, a) + from, 1, dH[a] + from, to - from);
        }
    }
}

void step_by_labels(step *s)
{
    for (s->group = 0; s->group < s->B; s->group += s->parts) {
        s->group_size = s->B - s->group < s->parts ? s->B - s->group : s->parts;
        pool_run(s->threads, group_forward, s, s->group_size);
        for (s->current = 0; s->current < s->group_size && !step_failed(s); s->current++) {
            const example *d = s->batch[s->order[s->group + s->current]];
            mark_gold(s->gold, d, 1);
            pool_run(s->threads, labels_part, s, s->parts);
            mark_gold(s->gold, d, 0);
            if (step_failed(s))
                return;
            pool_run(s->threads, add_partials, s, s->parts);
        }
        if (step_failed(s))
            return;
        pool_run(s->threads, group_backward, s, s->group_size);
    }
}
