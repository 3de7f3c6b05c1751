/* SPDX-License-Identifier: Apache-2.0 */
/* The attention of some labels, computed again for one document, and the gradients of their logits. */
#include "base/err.h"
#include "predict/stage_worker.h"
#include "tensor/ops.h"

#include <string.h>

/* The document that was read. */
static encoding *encoding_of(const model_stage *s, model_stage_worker *w)
{
    return s->transposed.data ? &w->gradient.e : &w->net.e;
}

int model_stage_read(const model_stage *s, int worker, const int32_t *ids, size_t T)
{
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    for (size_t t = 0; t < T; t++)
        if (ids[t] < 0 || (size_t)ids[t] >= p->words)
            return err_set("word %zu: id %d is not in the vocabulary of %zu words", t, (int)ids[t], p->words);
    if (s->transposed.data)
        return gradient_read(&w->gradient, p, ids, T);
    if (encoding_begin(&w->net.e, &p->sizes, T, false))
        return -1;
    encode_embed(&w->net.e, p, ids);
    encode_forward(&w->net.e, p);
    return 0;
}

static int make_room_for_few(const model_stage *s, model_stage_worker *w, size_t n)
{
    const model_sizes *sizes = &s->m->p.sizes;
    if (mem_grow(&w->few_U, &w->few_U_room, n * sizes->d_l, sizeof *w->few_U) ||
        mem_grow(&w->few_weights, &w->few_weights_room, n, sizeof *w->few_weights) ||
        mem_grow(&w->few_peaks, &w->few_peaks_room, 2 * n, sizeof *w->few_peaks))
        return -1;
    for (int a = 0; a < sizes->attentions; a++)
        if (mem_grow(&w->A[a], &w->A_room[a], n * encoding_of(s, w)->T + 1, sizeof *w->A[a]))
            return -1;
    return 0;
}

int model_stage_weights(const model_stage *s, int worker, const int32_t *asked, size_t n, float *const **A)
{
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    const size_t d_l = p->sizes.d_l;
    const encoding *e = encoding_of(s, w);
    const float *H[CONFIG_BLOCKS];
    if (make_room_for_few(s, w, n))
        return -1;
    for (size_t i = 0; i < n; i++)
        memcpy(w->few_U + i * d_l, p->U + asked[i] * d_l, d_l * sizeof *w->few_U);
    for (int a = 0; a < p->sizes.attentions; a++)
        H[a] = encode_attended(e, &p->sizes, a);

    params few = *p;
    few.labels = (int)n;
    few.U = w->few_U;
    attend_work_free(&w->few); /* it has the queries of other labels */
    const attended to = {.peaks = w->few_peaks, .peak_weights = w->few_weights, .A = w->A};
    *A = w->A;
    return attend_forward(&to, &few, H, e->T, &w->few);
}

int model_stage_open_gradients(model_stage *s)
{
    const params *p = &s->m->p;
    if (winograd_weights_init(&s->transposed, &p->sizes))
        return -1;
    for (int i = 0; i < p->sizes.blocks; i++)
        conv_transpose_weights(s->transposed.block[i], p->block[i].winograd, p->block[i].conv,
                               &p->sizes.block[i].conv);
    return 0;
}

int model_stage_support(const model_stage *s, int worker, int32_t label, const float **support)
{
    model_stage_worker *w = &s->workers[worker];
    const params *p = &s->m->p;
    const size_t T = w->gradient.e.T, E = p->sizes.E;
    const float *dX;
    if (gradient_of_label(&dX, &w->gradient, p, &s->transposed, (size_t)label) ||
        mem_grow(&w->support, &w->support_room, T + 1, sizeof *w->support))
        return -1;
    for (size_t t = 0; t < T; t++)
        w->support[t] = ops_dot(w->gradient.e.X + t * E, dX + t * E, E);
    *support = w->support;
    return 0;
}
