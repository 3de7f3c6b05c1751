/* SPDX-License-Identifier: Apache-2.0 */
#include "model/params.h"

#include "base/err.h"
#include "base/mem.h"
#include "tensor/conv.h"
#include "tensor/ops.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = MEM_ALIGN / sizeof(float) };

#define EMBED "embed.weight"

/* ---- the table ---- */

static float **pointer(params *p, const param *t)
{
    return (float **)(void *)((char *)p + t->slot);
}

static float *tensor_of(const params *p, const param *t)
{
    return *(float *const *)(const void *)((const char *)p + t->slot);
}

/* Adds a row to the table. The pointer at slot is set later. A dimension of 0 does not exist. */
static void add(params *p, float **slot, const char *name, int index, const char *part, size_t a, size_t b,
                size_t k)
{
    param *t = &p->table[p->n++];
    *t = (param){.slot = (char *)slot - (char *)p, .offset = p->size};
    if (index < 0)
        snprintf(t->name, sizeof t->name, "%s%s", name, part);
    else
        snprintf(t->name, sizeof t->name, "%s.%d.%s", name, index, part);
    const size_t shape[PARAM_DIMS] = {a, b, k};
    t->count = 1;
    for (int d = 0; d < PARAM_DIMS && shape[d]; d++) {
        t->shape[t->ndim++] = shape[d];
        t->count *= shape[d];
    }
    p->size += (t->count + GAP - 1) / GAP * GAP;
}

static void add_block(params *p, int i)
{
    block_params *b = &p->block[i];
    const size_t D = p->sizes.block[i].D, D_in = p->sizes.block[i].D_in, Q = p->sizes.block[i].Q;
    add(p, &b->conv, "blocks", i, "conv.weight", D, D_in, p->sizes.block[i].conv.K);
    p->table[p->n - 1].conv = true;
    add(p, &b->conv_bias, "blocks", i, "conv.bias", D, 0, 0);
    if (Q) {
        add(p, &b->fc1, "blocks", i, "fc1.weight", Q, D, 0);
        add(p, &b->fc1_bias, "blocks", i, "fc1.bias", Q, 0, 0);
        add(p, &b->fc2, "blocks", i, "fc2.weight", D, Q, 0);
        add(p, &b->fc2_bias, "blocks", i, "fc2.bias", D, 0, 0);
    }
    add(p, &b->norm, "blocks", i, "norm.weight", D, 0, 0);
    add(p, &b->norm_bias, "blocks", i, "norm.bias", D, 0, 0);
    if (p->c.residual) {
        add(p, &b->res, "blocks", i, "res.weight", D, D_in, 1);
        add(p, &b->res_bias, "blocks", i, "res.bias", D, 0, 0);
    }
}

static int make_table(params *p, const config *c, size_t words, size_t labels)
{
    *p = (params){.c = *c, .sizes = model_sizes_of(c), .words = words, .labels = labels};
    if (words < 2 || labels < 1)
        return err_set("a network needs at least 2 words and 1 label, got %zu words and %zu labels", words,
                       labels);
    enum { ROWS = 4 + CONFIG_BLOCKS * 14 };
    p->table = mem_array(ROWS, sizeof *p->table);
    if (!p->table)
        return -1;

    const model_sizes *s = &p->sizes;
    add(p, &p->embed, EMBED, -1, "", words, s->E, 0);
    p->shared_begin = p->size;
    for (int i = 0; i < s->blocks; i++)
        add_block(p, i);
    for (int i = 0; s->sum && i < s->blocks - 1; i++) {
        add(p, &p->same[i], "same", i, "weight", s->D_last, s->block[i].D, 1);
        add(p, &p->same_bias[i], "same", i, "bias", s->D_last, 0, 0);
    }
    for (int a = 0; a < s->attentions; a++) {
        add(p, &p->proj[a], "proj", a, "weight", s->attention[a].D, s->d_l, 0);
        add(p, &p->proj_bias[a], "proj", a, "bias", s->attention[a].D, 0, 0);
    }
    p->shared_end = p->size;
    add(p, &p->U, "U", -1, "", labels, s->d_l, 0);
    add(p, &p->W, "W", -1, "", labels, s->S, 0);
    add(p, &p->b, "b", -1, "", labels, 0, 0);
    return 0;
}

int params_init(params *p, const config *c, size_t words, size_t labels)
{
    if (make_table(p, c, words, labels))
        return -1;
    p->data = mem_array(p->size, sizeof *p->data);
    if (!p->data) {
        params_free(p);
        return -1;
    }
    for (int i = 0; i < p->n; i++)
        *pointer(p, &p->table[i]) = p->data + p->table[i].offset;
    return 0;
}

void params_free(params *p)
{
    mem_free(p->table);
    mem_free(p->data);
    mem_free(p->converted);
    *p = (params){0};
}

/* ---- the file ---- */

static void conv_from_file(float *to, const float *from, const size_t shape[PARAM_DIMS])
{
    conv_load_weights(to, from, &(conv_shape){.D = shape[0], .D_in = shape[1], .K = shape[2]});
}

/* [K][D_in][D_out] in memory to [D_out][D_in][K] of the file. */
static void conv_to_file(float *to, const float *from, const size_t shape[PARAM_DIMS])
{
    const size_t D = shape[0], D_in = shape[1], K = shape[2];
    for (size_t o = 0; o < D; o++)
        for (size_t i = 0; i < D_in; i++)
            for (size_t k = 0; k < K; k++)
                to[(o * D_in + i) * K + k] = from[(k * D_in + i) * D + o];
}

static const safetensor *find(const safetensors *file, const param *t)
{
    const safetensor *s = safetensors_find(file, t->name);
    if (!s) {
        err_set("tensor %s is missing", t->name);
        return NULL;
    }
    bool same = s->ndim == t->ndim;
    for (int d = 0; same && d < t->ndim; d++)
        same = s->shape[d] == t->shape[d];
    if (same)
        return s;
    char found[96] = "", expected[96] = "";
    for (int d = 0; d < s->ndim; d++)
        snprintf(found + strlen(found), sizeof found - strlen(found), "[%zu]", s->shape[d]);
    for (int d = 0; d < t->ndim; d++)
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "[%zu]", t->shape[d]);
    err_set("tensor %s has shape %s, expected %s", t->name, *found ? found : "[]", expected);
    return NULL;
}

static int check_names(const params *p, const safetensors *file)
{
    for (int i = 0; i < file->n; i++) {
        int j = 0;
        while (j < p->n && strcmp(p->table[j].name, file->tensors[i].name) != 0)
            j++;
        if (j == p->n)
            return err_set("unexpected tensor %.60s: the network of config.json does not have it",
                           file->tensors[i].name);
    }
    return 0;
}

/* embed, U and W are large. They are not read here, because that would delay the start. Scores that are not
 * finite are detected where they are computed. */
static int check_finite(const params *p, const param *t, const safetensor *s)
{
    const bool shared = t->offset >= p->shared_begin && t->offset < p->shared_end;
    if ((t->ndim == 2 && !shared) || ops_all_finite(s->data, s->count))
        return 0;
    return err_set("tensor %s has NaN or infinite values", t->name);
}

size_t params_words(const safetensors *file)
{
    const safetensor *s = safetensors_find(file, EMBED);
    return s && s->ndim == 2 && s->shape[0] >= 2 && s->shape[0] <= INT_MAX ? s->shape[0] : 2;
}

int params_map(params *p, const config *c, size_t words, size_t labels, const safetensors *file)
{
    if (make_table(p, c, words, labels))
        return -1;
    size_t size = 0;
    for (int i = 0; i < p->n; i++)
        size += p->table[i].conv ? p->table[i].count : 0;
    p->converted = mem_room(size, sizeof *p->converted);
    if (!p->converted || check_names(p, file))
        goto fail;
    float *next = p->converted;
    for (int i = 0; i < p->n; i++) {
        const param *t = &p->table[i];
        const safetensor *s = find(file, t);
        if (!s || check_finite(p, t, s))
            goto fail;
        if (t->conv) {
            conv_from_file(next, s->data, t->shape);
            *pointer(p, t) = next;
            next += t->count;
        } else {
            *pointer(p, t) = (float *)s->data;
        }
    }
    return 0;
fail:
    params_free(p);
    return -1;
}

int params_load(params *p, const safetensors *file)
{
    if (check_names(p, file))
        return -1;
    for (int i = 0; i < p->n; i++) {
        const param *t = &p->table[i];
        const safetensor *s = find(file, t);
        if (!s || check_finite(p, t, s))
            return -1;
        if (t->conv)
            conv_from_file(tensor_of(p, t), s->data, t->shape);
        else
            memcpy(tensor_of(p, t), s->data, s->count * sizeof(float));
    }
    return 0;
}

int params_save(const params *p, const char *path)
{
    size_t size = 0;
    for (int i = 0; i < p->n; i++)
        size += p->table[i].conv ? p->table[i].count : 0;
    float *converted = mem_array(size, sizeof *converted);
    safetensor *out = mem_array(p->n, sizeof *out);
    int result = -1;
    if (!converted || !out)
        goto done;
    float *next = converted;
    for (int i = 0; i < p->n; i++) {
        const param *t = &p->table[i];
        out[i] = (safetensor){.name = t->name, .ndim = t->ndim, .count = t->count, .data = tensor_of(p, t)};
        memcpy(out[i].shape, t->shape, sizeof t->shape);
        if (t->conv) {
            conv_to_file(next, tensor_of(p, t), t->shape);
            out[i].data = next;
            next += t->count;
        }
    }
    result = safetensors_write(path, out, p->n);
done:
    mem_free(converted);
    mem_free(out);
    return result;
}

/* ---- values ---- */

static void uniform(float *x, size_t n, float bound, rng *r)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (2 * rng_uniform(r) - 1) * bound;
}

void params_start(params *p, uint64_t seed)
{
    float bound = 0;
    for (int i = 0; i < p->n; i++) {
        const param *t = &p->table[i];
        float *x = tensor_of(p, t);
        rng r;
        rng_seed(&r, seed, 1, (uint64_t)i);
        if (x == p->embed || x == p->b)
            continue;
        if (x == p->U || x == p->W) {
            uniform(x, t->count, sqrtf(6.0f / (float)(t->shape[0] + t->shape[1])), &r);
        } else if (strstr(t->name, ".norm.")) {
            for (size_t j = 0; j < t->count; j++)
                x[j] = strstr(t->name, "weight") ? 1.0f : 0.0f;
        } else {
            if (t->ndim > 1) /* a bias has the bound of its weight, which precedes it */
                bound = 1.0f / sqrtf((float)(t->count / t->shape[0]));
            uniform(x, t->count, bound, &r);
        }
    }
}

size_t params_count(const params *p)
{
    size_t count = 0;
    for (int i = 0; i < p->n; i++)
        count += p->table[i].count;
    return count;
}

const char *params_not_finite(const params *p)
{
    for (int i = 0; i < p->n; i++)
        if (!ops_all_finite(tensor_of(p, &p->table[i]), p->table[i].count))
            return p->table[i].name;
    return NULL;
}
