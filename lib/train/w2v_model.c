/* SPDX-License-Identifier: Apache-2.0 */
#include "train/w2v_model.h"

#include "base/mem.h"
#include "base/rng.h"

#include <string.h>

static int init_slices(w2v_model *m)
{
    size_t blocks = (m->size + W2V_LANES - 1) / W2V_LANES, n = (blocks + W2V_BLOCKS - 1) / W2V_BLOCKS;
    m->slices = n < 2 && blocks >= 2 ? 2 : n; /* two threads have work */
    m->slice = mem_array(m->slices, sizeof *m->slice);
    if (m->slice == NULL)
        return -1;
    for (size_t i = 0; i < m->slices; i++) {
        size_t first = (blocks * i + m->slices - 1) / m->slices,
               last = (blocks * (i + 1) + m->slices - 1) / m->slices;
        size_t begin = first * W2V_LANES, end = last * W2V_LANES < m->size ? last * W2V_LANES : m->size;
        w2v_slice *s = &m->slice[i];
        *s = (w2v_slice){.begin = begin, .size = end - begin, .ld = (last - first) * W2V_LANES};
        s->in = mem_array(m->n * s->ld, sizeof(float));
        s->out = mem_array(m->n_out * s->ld, sizeof(float));
        if (s->in == NULL || s->out == NULL)
            return -1;
    }
    return 0;
}

int w2v_model_init(w2v_model *m, size_t n, size_t n_out, size_t size, float range, uint64_t seed)
{
    rng r;
    *m = (w2v_model){.n = n, .n_out = n_out, .size = size};
    if (init_slices(m) < 0)
        return -1;
    rng_seed(&r, seed, 0, 0);
    for (size_t row = 0; row < n; row++)
        for (size_t i = 0; i < m->slices; i++) {
            w2v_slice *s = &m->slice[i];
            for (size_t j = 0; j < s->size; j++)
                s->in[row * s->ld + j] = range * (2 * rng_uniform(&r) - 1) / (float)size;
        }
    return 0;
}

void w2v_model_free_out(w2v_model *m)
{
    for (size_t i = 0; m->slice != NULL && i < m->slices; i++) {
        mem_free(m->slice[i].out);
        m->slice[i].out = NULL;
    }
}

void w2v_model_free(w2v_model *m)
{
    w2v_model_free_out(m);
    for (size_t i = 0; m->slice != NULL && i < m->slices; i++)
        mem_free(m->slice[i].in);
    mem_free(m->slice);
    *m = (w2v_model){0};
}

void w2v_model_set(w2v_model *m, size_t row, const float *x)
{
    for (size_t i = 0; i < m->slices; i++) {
        const w2v_slice *s = &m->slice[i];
        memcpy(s->in + row * s->ld, x + s->begin, s->size * sizeof *x);
    }
}

void w2v_model_get(float *x, const w2v_model *m, size_t row)
{
    for (size_t i = 0; i < m->slices; i++) {
        const w2v_slice *s = &m->slice[i];
        memcpy(x + s->begin, s->in + row * s->ld, s->size * sizeof *x);
    }
}
