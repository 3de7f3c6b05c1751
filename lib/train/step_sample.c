/* SPDX-License-Identifier: Apache-2.0 */
/* Sampled labels. With thousands of labels, of which a document has a few, most of the work of a step is for
 * labels that none of its documents has. With label_sample N, a step has the gold labels of its batch and
 * about N others. Label l is drawn with a probability q_l = min(1, c r_l), where r_l is its rate, usually its
 * frequency in training, and c makes the sum of the q_l N. Its loss and its gradient count 1 / q_l times. The
 * expectation of both is then that of all labels. Frequent labels have most of the probability, and so most
 * of the gradient: to draw them more often makes the variance several times smaller than with equal q.
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
    x->rate = mem_array(L, sizeof *x->rate);
    if (!x->label || !x->index || !x->weight || !x->rate)
        return -1;
    for (size_t l = 0; l < L; l++)
        x->weight[l] = x->rate[l] = 1;
    return 0;
}

void step_sample_free(step_sample *x)
{
    mem_free(x->label);
    mem_free(x->index);
    mem_free(x->weight);
    mem_free(x->rate);
    mem_free(x->memory);
    *x = (step_sample){0};
}

void step_label_rates(step *s, const float *rates)
{
    memcpy(s->sample.rate, rates, s->all->labels * sizeof *rates);
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

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* The sum of the q of the labels that are not gold. */
static double sum_of_q(const step_sample *x, size_t L, double c)
{
    double sum = 0;
    for (size_t l = 0; l < L; l++)
        sum += x->index[l] ? 0 : smaller(1, c * (double)x->rate[l]);
    return sum;
}

/* c, for which the sum of q is N, which is less than the number of labels that are not gold. The sum grows
 * with c. */
static double factor(const step_sample *x, size_t L, double N)
{
    double low = 0, high = 1;
    while (sum_of_q(x, L, high) < N)
        high *= 2;
    for (int i = 0; i < 40; i++) {
        const double middle = (low + high) / 2;
        *(sum_of_q(x, L, middle) < N ? &low : &high) = middle;
    }
    return high;
}

/* Chooses the labels, in ascending order, by systematic sampling: the q of the labels are laid end to end,
 * and each label that contains one of the points u, u + 1, u + 2, ... is drawn. */
static void choose(step_sample *x, size_t L, size_t gold, size_t N, uint64_t seed, uint64_t number)
{
    rng r;
    rng_seed(&r, seed, STREAM, number);
    const bool all = N >= L - gold;
    const double c = all ? 0 : factor(x, L, (double)N);
    double point = (double)rng_uniform(&r), at = 0;
    x->n = 0;
    for (size_t l = 0; l < L; l++) {
        const double q = all || x->index[l] ? 1 : smaller(1, c * (double)x->rate[l]);
        bool drawn = q >= 1;
        if (!drawn) {
            at += q;
            drawn = at > point;
            point += drawn;
        }
        x->index[l] = drawn ? (int32_t)x->n : -1;
        if (!drawn)
            continue;
        x->label[x->n] = (int32_t)l;
        x->weight[x->n++] = (float)(1 / q);
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
    ranks_begin_gather(x->dU, d_l * sizeof(float), own.labels);
    ranks_begin_gather(x->dW, S * sizeof(float), own.labels);
    ranks_begin_gather(x->db, sizeof(float), own.labels);
    ranks_wait();
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
