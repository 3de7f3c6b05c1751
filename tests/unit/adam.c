/* SPDX-License-Identifier: Apache-2.0 */
/* lib/train/adam, clip and average: steps over all parameters against a plain loop in double precision, with
 * and without weight decay, clipping and a rate of the embedding's own; which rows of the embedding move. */
#include "train/adam.h"

#include "train/clip.h"
#include "train/weight_average.h"

#include "base/err.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>

enum { WORDS = 50, LABELS = 9, STEPS = 30 };

typedef struct variant {
    const char *title;
    double learning_rate, embedding, weight_decay, clip;
} variant;

static const double AVERAGE = 0.7; /* reached at step 21 */

static rng random_numbers;

static params make_params(void)
{
    config c = {.embedding_size = 5,
                .blocks = 2,
                .channels = {6, 7},
                .kernels = {3, 2},
                .reduction = 3,
                .squeeze_excitation = true,
                .residual = true};
    params p;
    if (config_check(&c) || params_init(&p, &c, WORDS, LABELS)) {
        printf("Bail out! %s\n", err_message());
        exit(1);
    }
    return p;
}

/* The gradient of step t: only rows t and t + 3 of the embedding (and row 0, which there should not be). */
static void make_gradient(params *grad, unsigned char *in_batch, int t)
{
    const size_t E = (size_t)grad->c.embedding_size;
    for (int k = 0; k < grad->n; k++) /* the gaps between tensors are zero, as step_run leaves them */
        fill(grad->data + grad->table[k].offset, grad->table[k].count, &random_numbers);
    for (size_t row = 0; row < WORDS; row++) {
        in_batch[row] = row == 0 || row == (size_t)t || row == (size_t)t + 3;
        if (!in_batch[row])
            memset(grad->embed + row * E, 0, E * sizeof(float));
    }
}

/* The oracle: one parameter after another, in double precision. */
typedef struct oracle {
    double *p, *m, *v, *average;
} oracle;

static double *doubles(const float *x, size_t n)
{
    double *y = mem_array(n, sizeof *y);
    for (size_t i = 0; x && i < n; i++)
        y[i] = x[i];
    return y;
}

/* Weights of convolutions and linear layers, U and W. */
static int decays(const param *w)
{
    static const char *const matrices[] = {"conv.weight", "fc1.weight", "fc2.weight", "res.weight", "proj."};
    int found = strcmp(w->name, "U") == 0 || strcmp(w->name, "W") == 0;
    for (int i = 0; i < 5; i++)
        found |= strstr(w->name, matrices[i]) != NULL && strstr(w->name, "bias") == NULL;
    return found;
}

static void oracle_step(oracle *o, const params *grad, int t, const variant *how)
{
    const size_t E = (size_t)grad->c.embedding_size;
    double squares = 0;
    for (size_t i = E; i < grad->size; i++) /* row 0 has no gradient */
        squares += (double)grad->data[i] * grad->data[i];
    const double norm = sqrt(squares), scale = how->clip > 0 && norm > how->clip ? how->clip / norm : 1;
    const double d = fmin(AVERAGE, t / (9.0 + t));
    for (int k = 0; k < grad->n; k++) {
        const param *w = &grad->table[k];
        const double rate = how->learning_rate * (k == 0 ? how->embedding : 1);
        for (size_t i = w->offset + (k == 0 ? E : 0); i < w->offset + w->count; i++) {
            const double g = grad->data[i] * scale;
            o->m[i] = 0.9 * o->m[i] + 0.1 * g;
            o->v[i] = 0.999 * o->v[i] + 0.001 * g * g;
            if (decays(w))
                o->p[i] -= how->learning_rate * how->weight_decay * o->p[i];
            o->p[i] -= rate * (o->m[i] / (1 - pow(0.9, t))) / (sqrt(o->v[i] / (1 - pow(0.999, t))) + 1e-8);
            o->average[i] = d * o->average[i] + (1 - d) * o->p[i];
        }
    }
}

/* The worst difference over all tensors. */
static double apart(const params *p, const double *want)
{
    double worst = 0;
    for (int k = 0; k < p->n; k++)
        for (size_t i = p->table[k].offset; i < p->table[k].offset + p->table[k].count; i++)
            worst = worse(error_of(p->data[i], want[i]), worst);
    return worst;
}

/* Takes STEPS steps with both; the worst difference of the parameters and of their average, and whether rows
 * moved that should not. */
static void run(adam *a, params *p, const variant *how, pool *workers, double *worst, double *worst_average,
                int *moved)
{
    params grad = make_params(), average = make_params();
    unsigned char in_batch[WORDS];
    const size_t E = (size_t)p->c.embedding_size;
    oracle o = {doubles(p->data, p->size), doubles(NULL, p->size), doubles(NULL, p->size),
                doubles(p->data, p->size)};
    float *start = floats(p->size);
    memcpy(start, p->data, p->size * sizeof(float));
    memcpy(average.data, p->data, p->size * sizeof(float));
    *worst = *worst_average = 0;
    *moved = 0;
    for (int t = 1; t <= STEPS; t++) {
        make_gradient(&grad, in_batch, t);
        memset(grad.embed, 0, E * sizeof(float));
        const double norm = clip_norm(&grad, in_batch, workers);
        const adam_rates rates = {.learning_rate = (float)how->learning_rate,
                                  .embedding = (float)how->embedding,
                                  .weight_decay = (float)how->weight_decay,
                                  .gradient = how->clip > 0 ? clip_factor(norm, how->clip) : 1};
        adam_step(a, p, &grad, in_batch, &rates, workers);
        weight_average_step(&average, p, a->touched, weight_average_weight(AVERAGE, a->t), workers);
        oracle_step(&o, &grad, t, how);
        *worst = worse(apart(p, o.p), *worst);
        *worst_average = worse(apart(&average, o.average), *worst_average);
        *moved |= memcmp(p->embed, start, E * sizeof(float)) != 0;
        const size_t later = (size_t)t + 4;
        *moved |= memcmp(p->embed + later * E, start + later * E, (WORDS - later) * E * sizeof(float)) != 0;
        *moved |=
            memcmp(average.embed + later * E, start + later * E, (WORDS - later) * E * sizeof(float)) != 0;
    }
    mem_free(o.p);
    mem_free(o.m);
    mem_free(o.v);
    mem_free(o.average);
    mem_free(start);
    params_free(&grad);
    params_free(&average);
}

static void test_variant(const variant *how, int threads)
{
    params p = make_params();
    pool *workers = pool_new(threads);
    adam a;
    double worst, worst_average;
    int moved;
    rng_seed(&random_numbers, 21, 22, 23);
    fill(p.data + p.c.embedding_size, p.size - (size_t)p.c.embedding_size, &random_numbers);
    if (!ok(adam_init(&a, &p) == 0 && a.t == 0, "%s, %d threads: room", how->title, threads))
        return;
    run(&a, &p, how, workers, &worst, &worst_average, &moved);
    ok(worst < 1e-5 && a.t == STEPS, "%s, %d threads: %d steps within %.1e", how->title, threads, STEPS,
       worst);
    ok(worst_average < 1e-5, "%s, %d threads: their average within %.1e", how->title, threads, worst_average);
    ok(!moved, "%s, %d threads: row 0 and the rows that no batch had yet do not change", how->title, threads);
    adam_reset(&a, &p);
    run(&a, &p, how, workers, &worst, &worst_average, &moved);
    ok(worst < 1e-5 && !moved, "%s, %d threads: after a reset as at first: within %.1e", how->title, threads,
       worst);
    adam_free(&a);
    pool_free(workers);
    params_free(&p);
}

/* Of a gradient that is large, of one that has only the embedding's rows of a batch, of none. */
static void test_norm(void)
{
    params grad = make_params();
    unsigned char in_batch[WORDS] = {0};
    const size_t E = (size_t)grad.c.embedding_size;
    pool *one = pool_new(1), *three = pool_new(3);
    ok(clip_norm(&grad, in_batch, one) == 0 && clip_factor(0, 1) == 1,
       "no gradient has the norm 0, and stays");
    fill(grad.data, grad.size, &random_numbers);
    ok(clip_norm(&grad, in_batch, one) == clip_norm(&grad, in_batch, three),
       "the norm is the same, to the last bit, with three threads");
    memset(grad.data, 0, grad.size * sizeof(float));
    for (size_t i = 0; i < E; i++)
        grad.embed[7 * E + i] = grad.embed[8 * E + i] = 2; /* row 8 is of a batch before */
    in_batch[7] = 1;
    ok(fabs(clip_norm(&grad, in_batch, three) - 2 * sqrt((double)E)) < 1e-6,
       "rows of other batches do not count");
    ok(clip_factor(4, 5) == 1 && fabs((double)clip_factor(4, 1) - 0.25) < 1e-6,
       "a norm below the limit stays");
    pool_free(one);
    pool_free(three);
    params_free(&grad);
}

int main(void)
{
    static const variant variants[] = {
        {"Adam", 0.01, 1, 0, 0},
        {"AdamW", 0.01, 1, 0.3, 0},
        {"clipped, embedding slower, AdamW", 0.01, 0.2, 0.3, 10},
        {"clipping that never does", 0.01, 3, 0, 1e6},
        {"embedding frozen", 0.01, 0, 0.01, 0},
    };
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        for (int threads = 1; threads <= 3; threads += 1 + (i > 0))
            test_variant(&variants[i], threads);
    test_norm();
    return tap_done();
}
