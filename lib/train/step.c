/* SPDX-License-Identifier: Apache-2.0 */
#include "train/step.h"

#include "base/err.h"
#include "base/mem.h"
#include "model/attend.h"
#include "model/encode.h"
#include "tensor/ops.h"

#include <stdlib.h>
#include <string.h>

/* Maximum size in bytes of a gradient of Q for which each thread has a copy. */
static const size_t copies_limit = 8 << 20;

/* The gradients and buffers of one thread. */
typedef struct part {
    encoding e;
    dropout drop; /* dropout of the document in e */
    encoding_grad g;
    attend_train_work a;
    params grad;         /* as step.grad, but the shared tensors are in `shared` (except for part 0) */
    float *shared;       /* owned; NULL for part 0 */
    winograd_weights dU; /* gradients of U; part 0 also receives the sum */
    float *dQ, *db;      /* part 0 also receives the sums; by labels only part 0 has them */
    float *partial;      /* by labels: dH of the current document from the labels of this part, [T][S] */
    size_t partial_cap;
    double loss;
    int failed;
} part;

struct step {
    params with_winograd_weights; /* the parameters of the caller, with U */
    const params *p;              /* points to with_winograd_weights */
    winograd_weights U, transposed;
    pool *threads;
    size_t parts;
    bool by_label;
    size_t S, L, tiles;
    params grad;
    unsigned char *in_batch, *gold; /* [words]; [parts][L] gold labels of the current document of a part */
    float *Q;
    part *part;

    /* the batch */
    const step_options *o;
    const example *const *batch;
    size_t B;
    size_t *order, *owner; /* [B] documents in descending order of length; part of each document */
    size_t *at;            /* [B] first row of each document in dX */
    size_t order_cap;
    float *dX; /* [sum T][E] */
    size_t dX_cap;
    float scale;
    size_t group, group_size; /* by labels: the current documents are order[group ..] */
    size_t current;           /* by labels: index of the document whose labels are processed */
};

static void free_part(part *k)
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
static int init_part(part *k, const step *s, bool first)
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

static size_t tile_size(const step *s, size_t tile)
{
    const size_t left = s->L - tile * ATTEND_TRAIN_TILE;
    return left < ATTEND_TRAIN_TILE ? left : ATTEND_TRAIN_TILE;
}

/* ---- preparation: U, gradients of 0, and Q of the parameters ---- */

/* Sets the gradients of a part to 0. With many threads most of the clearing is here. */
static void clear_part(const step *s, part *k)
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
    attend_stack(s->Q + 2 * first * s->S, p, first, tile_size(s, tile));
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

/* ---- one document ---- */

static void forward(step *s, part *k, size_t document)
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

static void backward(step *s, part *k, size_t document)
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
static void attend(step *s, part *k, const encoding *e, float *const *dH, const unsigned char *gold,
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
                                     e->T, tile_size(s, tile), s->o->gamma, s->scale, &k->a);
    }
}

/* ---- by documents: a part processes its documents forward and backward ---- */

static void documents_part(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    part *k = &s->part[index];
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
static void partial_pieces(const step *s, part *k, size_t T, float *dH[CONFIG_BLOCKS])
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
    part *k = &s->part[index];
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
    const part *at = &s->part[s->current];
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

static bool any_failed(const step *s)
{
    for (size_t k = 0; k < s->parts; k++)
        if (s->part[k].failed)
            return true;
    return false;
}

static void run_by_labels(step *s)
{
    for (s->group = 0; s->group < s->B; s->group += s->parts) {
        s->group_size = s->B - s->group < s->parts ? s->B - s->group : s->parts;
        pool_run(s->threads, group_forward, s, s->group_size);
        for (s->current = 0; s->current < s->group_size && !any_failed(s); s->current++) {
            const example *d = s->batch[s->order[s->group + s->current]];
            mark_gold(s->gold, d, 1);
            pool_run(s->threads, labels_part, s, s->parts);
            mark_gold(s->gold, d, 0);
            if (any_failed(s))
                return;
            pool_run(s->threads, add_partials, s, s->parts);
        }
        if (any_failed(s))
            return;
        pool_run(s->threads, group_backward, s, s->group_size);
    }
}

/* ---- sums over the parts, in order ---- */

/* Part `index` of the tiles: adds up dQ over the parts, and adds it to the gradients of U, W and proj. */
static void unstack_part(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    const size_t parts = s->parts, from = s->tiles * index / parts, to = s->tiles * (index + 1) / parts;
    for (size_t tile = from; tile < to; tile++) {
        const size_t first = tile * ATTEND_TRAIN_TILE, n = tile_size(s, tile);
        float *dQ = s->part[0].dQ + 2 * first * s->S;
        for (size_t k = 1; k < s->parts && s->part[k].dQ; k++) {
            float *more = s->part[k].dQ + 2 * first * s->S;
            ops_axpy(dQ, 1, more, 2 * n * s->S);
            memset(more, 0, 2 * n * s->S * sizeof *more);
            ops_axpy(s->part[0].db + first, 1, s->part[k].db + first, n);
        }
        attend_unstack(dQ, &s->part[index].grad, s->p, first, n);
        memcpy(s->grad.b + first, s->part[0].db + first, n * sizeof(float));
    }
}

/* Adds up part `index` of the shared gradients and of those of U, and the rows of the embedding with row %
 * parts == index. So no two threads write to the same row, and each row is added up in the order of the
 * batch. */
static void sum_part(void *context, size_t index, size_t worker)
{
    (void)worker;
    step *s = context;
    const size_t n = s->grad.shared_end - s->grad.shared_begin, parts = s->parts;
    const size_t from = n * index / parts, to = n * (index + 1) / parts;
    for (size_t k = 1; k < s->parts; k++)
        ops_axpy(s->grad.data + s->grad.shared_begin + from, 1, s->part[k].shared + from, to - from);

    const size_t count = s->part[0].dU.count, begin = count * index / parts,
                 end = count * (index + 1) / parts;
    for (size_t k = 1; k < s->parts; k++)
        ops_axpy(s->part[0].dU.data + begin, 1, s->part[k].dU.data + begin, end - begin);

    const size_t E = s->p->sizes.E;
    for (size_t b = 0; b < s->B && !s->o->frozen; b++) {
        const example *d = s->batch[b];
        for (size_t t = 0; t < d->T; t++) {
            const size_t row = d->ids[t];
            if (row % parts != index || row == 0)
                continue;
            s->in_batch[row] = 1;
            ops_axpy(s->grad.embed + row * E, 1, s->dX + (s->at[b] + t) * E, E);
        }
    }
}

static void winograd_task(void *context, size_t block, size_t worker)
{
    (void)worker;
    const step *s = context;
    winograd_weights_backward(&s->part[0].grad, block);
}

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
        run_by_labels(s);
    else
        pool_run(s->threads, documents_part, s, s->parts);
    if (any_failed(s))
        return err_memory("out of memory for a batch");
    pool_run(s->threads, unstack_part, s, s->parts);
    pool_run(s->threads, sum_part, s, s->parts);
    pool_run(s->threads, winograd_task, s, s->p->c.blocks);

    double sum = 0;
    for (size_t k = 0; k < s->parts; k++)
        sum += s->part[k].loss;
    *loss = sum / ((double)B * (double)s->L);
    return 0;
}
