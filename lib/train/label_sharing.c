/* SPDX-License-Identifier: Apache-2.0 */
#include "train/label_sharing.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "io/safetensors.h"
#include "tensor/ops.h"

#include <math.h>
#include <string.h>

int label_sharing_init(label_sharing *s, label_features x, const params *p, const pool *threads)
{
    const size_t d = p->sizes.d_l, width = d + p->sizes.S, n = x.n * width;
    *s = (label_sharing){.x = x,
                         .label_size = d,
                         .width = width,
                         .m = mem_array(n, sizeof *s->m),
                         .v = mem_array(n, sizeof *s->v),
                         .step = mem_array(n, sizeof *s->step),
                         .unseen = mem_array(x.labels, 1),
                         .grad = mem_array(pool_size(threads) * width, sizeof *s->grad)};
    return s->m && s->v && s->step && s->unseen && s->grad ? 0 : -1;
}

void label_sharing_free(label_sharing *s)
{
    label_features_free(&s->x);
    mem_free(s->m);
    mem_free(s->v);
    mem_free(s->step);
    mem_free(s->unseen);
    mem_free(s->grad);
    *s = (label_sharing){0};
}

void label_sharing_reset(label_sharing *s)
{
    const size_t bytes = s->x.n * s->width * sizeof(float);
    memset(s->m, 0, bytes);
    memset(s->v, 0, bytes);
}

/* U[l] += scale (A step_U)[l], W[l] += scale (A step_W)[l]. */
static void add_features(const label_sharing *s, params *p, size_t l, float scale)
{
    const size_t d = s->label_size, S = s->width - d;
    for (size_t i = s->x.row[l]; i < s->x.row[l + 1]; i++) {
        const feature_weight *t = &s->x.in_row[i];
        const float *change = s->step + t->at * s->width;
        ops_axpy(p->U + l * d, scale * t->weight, change, d);
        ops_axpy(p->W + l * S, scale * t->weight, change + d, S);
    }
}

static double row_length(const label_features *x, size_t l)
{
    double sum = 0;
    for (size_t i = x->row[l]; i < x->row[l + 1]; i++)
        sum += (double)x->in_row[i].weight * (double)x->in_row[i].weight;
    return sqrt(sum);
}

/* T is normal, with the variance of the Xavier initialization: 2 / (L + d_l) and 2 / (L + S). */
void label_sharing_start(label_sharing *s, params *p, uint64_t seed)
{
    const size_t d = s->label_size, S = s->width - d, L = s->x.labels;
    const float size_U = (float)sqrt(2 / (double)(L + d)), size_W = (float)sqrt(2 / (double)(L + S));
    rng r;
    rng_seed(&r, seed, 5, 0);
    for (size_t i = 0; i < s->x.n * s->width; i++)
        s->step[i] = rng_normal(&r) * (i % s->width < d ? size_U : size_W);
    for (size_t l = 0; l < L; l++) {
        const double length = row_length(&s->x, l);
        if (length == 0)
            continue;
        memset(p->U + l * d, 0, d * sizeof *p->U);
        memset(p->W + l * S, 0, S * sizeof *p->W);
        add_features(s, p, l, (float)(1 / length));
    }
}

void label_sharing_mask(const label_sharing *s, const params *grad)
{
    const size_t d = s->label_size, S = s->width - d;
    for (size_t l = 0; l < s->x.labels; l++) {
        if (!s->unseen[l])
            continue;
        memset(grad->U + l * d, 0, d * sizeof *grad->U);
        memset(grad->W + l * S, 0, S * sizeof *grad->W);
        grad->b[l] = 0;
    }
}

typedef struct update {
    label_sharing *s;
    params *p;
    const params *grad;
    float gradient, rate, root; /* as in adam_step() */
    size_t parts;
} update;

/* Step of feature k. g[width] is scratch memory for its gradient, sum_l A[l][k] [dU dW][l]. */
static void step_of_feature(const update *u, size_t k, float *g)
{
    const label_sharing *s = u->s;
    const size_t d = s->label_size, S = s->width - d;
    memset(g, 0, s->width * sizeof *g);
    for (size_t i = s->x.column[k]; i < s->x.column[k + 1]; i++) {
        const feature_weight *t = &s->x.in_column[i];
        ops_axpy(g, t->weight, u->grad->U + t->at * d, d);
        ops_axpy(g + d, t->weight, u->grad->W + t->at * S, S);
    }
    const size_t at = k * s->width;
    ops_adam(s->step + at, s->m + at, s->v + at, g, s->width, u->gradient, 0, u->rate,
             u->root); /* the previous step is not kept */
}

/* Part k of the features. */
static void features_part(void *context, size_t part, size_t worker)
{
    const update *u = context;
    float *g = u->s->grad + worker * u->s->width;
    const size_t n = u->s->x.n, k = part, parts = u->parts;
    for (size_t feature = n * k / parts; feature < n * (k + 1) / parts; feature++)
        step_of_feature(u, feature, g);
}

/* Part k of the labels. */
static void labels_part(void *context, size_t part, size_t worker)
{
    (void)worker;
    const update *u = context;
    const size_t L = u->s->x.labels, k = part, parts = u->parts;
    for (size_t l = L * k / parts; l < L * (k + 1) / parts; l++)
        add_features(u->s, u->p, l, 1);
}

void label_sharing_step(label_sharing *s, params *p, const params *grad, const adam_rates *rates, uint64_t t,
                        pool *threads)
{
    update u = {.s = s,
                .p = p,
                .grad = grad,
                .gradient = rates->gradient,
                .rate = (float)((double)rates->learning_rate / (1 - pow(0.9, (double)t))),
                .root = (float)(1 / sqrt(1 - pow(0.999, (double)t))),
                .parts = 4 * pool_size(threads)};
    pool_run(threads, features_part, &u, u.parts);
    pool_run(threads, labels_part, &u, u.parts);
}

static safetensor moments(const label_sharing *s, const char *name, const float *data)
{
    const size_t n = s->x.n;
    return (safetensor){.name = name, .ndim = 2, .shape = {n, s->width}, .count = n * s->width, .data = data};
}

int label_sharing_save(const label_sharing *s, const char *path)
{
    const safetensor both[] = {moments(s, "m", s->m), moments(s, "v", s->v)};
    return safetensors_write(path, both, 2);
}

static int load(const label_sharing *s, float *to, const char *name, const safetensors *file)
{
    const safetensor *t = safetensors_find(file, name);
    if (!t || t->ndim != 2 || t->shape[0] != s->x.n || t->shape[1] != s->width)
        return err_set("tensor %s is missing or has another shape", name);
    memcpy(to, t->data, t->count * sizeof *to);
    return 0;
}

int label_sharing_load(label_sharing *s, const safetensors *file)
{
    return load(s, s->m, "m", file) || load(s, s->v, "v", file) ? -1 : 0;
}
