/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gradient.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <math.h>

void gradient_work_free(gradient_work *w)
{
    encoding_free(&w->e);
    encoding_grad_free(&w->g);
    params_free(&w->unused);
    mem_free(w->memory);
    *w = (gradient_work){0};
}

static int reserve(gradient_work *w, const params *p, size_t T)
{
    const size_t E = p->sizes.E, D = p->sizes.D_attended;
    /* The smallest embedding and one label: only the gradients of the blocks are added to it. */
    if (!w->unused.data && params_init(&w->unused, &p->c, 2, 1))
        return -1;
    if (w->memory && T <= w->cap)
        return 0;
    const size_t rows = T + T / 4 + 1;
    float *fresh = mem_room(D + rows * (E + 2), sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(w->memory);
    w->memory = w->q = fresh;
    w->dX = fresh + D;
    w->A = w->dX + rows * E;
    w->G = w->A + rows;
    w->cap = rows;
    return 0;
}

int gradient_read(gradient_work *w, const params *p, const int32_t *ids, size_t T)
{
    if (reserve(w, p, T) || encoding_begin(&w->e, &p->sizes, T, true))
        return -1;
    encode_embed(&w->e, p, ids);
    encode_forward(&w->e, p);
    return 0;
}

/* q = P_a u + p_a */
static void make_query(float *q, const params *p, int a, size_t label)
{
    const size_t d_l = p->sizes.d_l;
    for (size_t d = 0; d < p->sizes.attention[a].D; d++)
        q[d] = p->proj_bias[a][d] + ops_dot(p->proj[a] + d * d_l, p->U + label * d_l, d_l);
}

/* A = softmax_t (q . H[t]), G[t] = w . H[t]. Returns sum_t A[t] G[t]. */
static double attend(float *A, float *G, const float *H, const float *q, const float *w, size_t T, size_t D)
{
    float largest = -INFINITY;
    double sum = 0, y = 0;
    for (size_t t = 0; t < T; t++) {
        A[t] = ops_dot(q, H + t * D, D);
        G[t] = ops_dot(w, H + t * D, D);
        largest = A[t] > largest ? A[t] : largest;
    }
    for (size_t t = 0; t < T; t++)
        sum += A[t] = expf(A[t] - largest);
    for (size_t t = 0; t < T; t++) {
        A[t] = (float)(A[t] / sum);
        y += A[t] * G[t];
    }
    return y;
}

int gradient_of_label(const float **dX, gradient_work *w, const params *p, const winograd_weights *transposed,
                      size_t label)
{
    const model_sizes *n = &p->sizes;
    const size_t T = w->e.T;
    *dX = w->dX;
    if (encoding_grad_begin(&w->g, n, T))
        return -1;
    w->g.dU = NULL; /* the gradients of the weights are not used */
    for (int a = 0; a < n->attentions && T; a++) {
        const size_t D = n->attention[a].D;
        const float *W = p->W + label * n->S + n->attention[a].offset;
        float *dH = encoding_grad_attended(&w->g, n, a);
        make_query(w->q, p, a, label);
        const double y = attend(w->A, w->G, encode_attended(&w->e, n, a), w->q, W, T, D);
        for (size_t t = 0; t < T; t++) {
            ops_axpy(dH + t * D, w->A[t], W, D);
            ops_axpy(dH + t * D, (float)(w->A[t] * (w->G[t] - y)), w->q, D);
        }
    }
    encode_backward(w->dX, &w->unused, &w->g, &w->e, p, transposed);
    return 0;
}
