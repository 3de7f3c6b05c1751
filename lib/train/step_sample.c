/* SPDX-License-Identifier: Apache-2.0 */
/* Sampled labels. With thousands of labels, of which a document has a few, most of the work of a step is for
 * labels that none of its documents has. With label_sample N, a step has the gold labels G of its batch and N
 * other labels, drawn without replacement. A drawn label stands for (L - |G|) / N labels: so many times its
 * loss and its gradient count. The expectation of both is then that of all labels.
 *
 * The labels of the step are the rows of parameters of their own, which are copies. The gradients of the
 * other labels are 0. Adam updates all labels: with the same moments, that is exact for this gradient. */
#include "train/step_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "train/slices.h"

#include <string.h>

enum { STREAM = 0x5a3d };

int step_sample_init(step_sample *x, size_t L)
{
    x->label = mem_array(L, sizeof *x->label);
    x->index = mem_array(L, sizeof *x->index);
    x->weight = mem_array(L, sizeof *x->weight);
    if (!x->label || !x->index || !x->weight)
        return -1;
    for (size_t l = 0; l < L; l++)
        x->weight[l] = 1;
    return 0;
}

void step_sample_free(step_sample *x)
{
    mem_free(x->label);
    mem_free(x->index);
    mem_free(x->weight);
    mem_free(x->memory);
    *x = (step_sample){0};
}

/* Marks the gold labels of the batch with 1 in index, all others with 0. Returns their number. */
static size_t mark_gold(step_sample *x, const example *const *batch, size_t B, size_t L)
{
    size_t n = 0;
    memset(x->index, 0, L * sizeof *x->index);
    for (size_t b = 0; b < B; b++)
        for (size_t i = 0; i < batch[b]->n_gold; i++) {
            n += x->index[batch[b]->gold[i]] == 0;
            x->index[batch[b]->gold[i]] = 1;
        }
    return n;
}

/* Chooses the labels, in ascending order: selection sampling (Knuth, The Art of Computer Programming 2,
 * algorithm 3.4.2 S). */
static void choose(step_sample *x, size_t L, size_t gold, size_t N, uint64_t seed, uint64_t number)
{
    rng r;
    rng_seed(&r, seed, STREAM, number);
    size_t left = L - gold, wanted = N < left ? N : left;
    const float weight = wanted ? (float)left / (float)wanted : 1;
    x->n = 0;
    for (size_t l = 0; l < L; l++) {
        const bool is_gold = x->index[l] == 1;
        const bool drawn = !is_gold && wanted && rng_below(&r, (uint32_t)left) < wanted;
        left -= !is_gold;
        wanted -= drawn;
        x->index[l] = is_gold || drawn ? (int32_t)x->n : -1;
        if (!is_gold && !drawn)
            continue;
        x->label[x->n] = (int32_t)l;
        x->weight[x->n++] = is_gold ? 1 : weight;
    }
}

static int gather(step_sample *x, const params *p)
{
    const size_t n = x->n, d_l = p->sizes.d_l, S = p->sizes.S, size = n * (d_l + S + 1);
    if (mem_grow(&x->memory, &x->capacity, 2 * size, sizeof *x->memory))
        return -1;
    x->U = x->memory;
    x->W = x->U + n * d_l;
    x->b = x->W + n * S;
    x->dU = x->memory + size;
    x->dW = x->dU + n * d_l;
    x->db = x->dW + n * S;
    for (size_t i = 0; i < n; i++) {
        const size_t l = (size_t)x->label[i];
        memcpy(x->U + i * d_l, p->U + l * d_l, d_l * sizeof(float));
        memcpy(x->W + i * S, p->W + l * S, S * sizeof(float));
        x->b[i] = p->b[l];
    }
    return 0;
}

int step_sample_begin(step *s, const params *all)
{
    step_sample *x = &s->sample;
    const size_t L = all->labels;
    params *p = &s->with_winograd_weights;
    const size_t gold = mark_gold(x, s->batch, s->B, L);
    choose(x, L, gold, s->o->label_sample, s->o->seed, s->o->number);
    if (gather(x, all))
        return -1;
    p->labels = x->n;
    p->U = x->U;
    p->W = x->W;
    p->b = x->b;
    return 0;
}

void step_sample_view(const step *s, params *grad)
{
    grad->U = s->sample.dU;
    grad->W = s->sample.dW;
    grad->b = s->sample.db;
}

void step_sample_end(step *s)
{
    const step_sample *x = &s->sample;
    const size_t L = s->grad.labels, d_l = s->p->sizes.d_l, S = s->S;
    const slices own = slices_of(s->p); /* of the labels of the sample */
    ranks_gather(x->dU, d_l * sizeof(float), own.labels);
    ranks_gather(x->dW, S * sizeof(float), own.labels);
    ranks_gather(x->db, sizeof(float), own.labels);
    for (size_t l = 0; l < L; l++) {
        const int32_t i = x->index[l];
        if (i < 0) {
            memset(s->grad.U + l * d_l, 0, d_l * sizeof(float));
            memset(s->grad.W + l * S, 0, S * sizeof(float));
            s->grad.b[l] = 0;
        } else {
            memcpy(s->grad.U + l * d_l, x->dU + (size_t)i * d_l, d_l * sizeof(float));
            memcpy(s->grad.W + l * S, x->dW + (size_t)i * S, S * sizeof(float));
            s->grad.b[l] = x->db[i];
        }
    }
}
