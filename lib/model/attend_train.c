/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attend_private.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <string.h>

enum { LINE = MEM_ALIGN / sizeof(float) };

/* Forward: U'_a = U P_a' + p_a. Backward:
 *
 *     dU += dU'_a P_a    dP_a += dU'_a' U    dp_a += sum_j dU'_a[j] */
static void project_backward(const params *dp, const float *dUp, const params *p, size_t first, size_t n)
{
    const size_t S = p->sizes.S, d_l = p->sizes.d_l;
    for (int a = 0; a < p->sizes.attentions; a++) {
        const size_t D = p->sizes.attention[a].D;
        const float *d = dUp + p->sizes.attention[a].offset;
        const const_matrix dUp_a = const_rows_ld(d, n, D, S);
        multiply(p->sizes.precision, matrix_rows(dp->U + first * d_l, n, d_l), 1, dUp_a,
                 const_rows(p->proj[a], D, d_l));
        multiply(p->sizes.precision, matrix_rows(dp->proj[a], D, d_l), 1, transpose(dUp_a),
                 const_rows(p->U + first * d_l, n, d_l));
        for (size_t j = 0; j < n; j++)
            ops_axpy(dp->proj_bias[a], 1, d + j * S, D);
    }
}

void attend_stack(float *Q, const params *p, size_t first, size_t n)
{
    const size_t S = p->sizes.S;
    attend_project(Q, p, first, n, p->sizes.precision);
    memcpy(Q + n * S, p->W + first * S, n * S * sizeof *Q);
}

/* Forward: Q = [U'; W]. */
void attend_unstack(const float *dQ, const params *dp, const params *p, size_t first, size_t n)
{
    const size_t S = p->sizes.S;
    project_backward(dp, dQ, p, first, n);
    ops_axpy(dp->W + first * S, 1, dQ + n * S, n * S);
}

int attend_train_begin(attend_train_work *w, const model_sizes *s, size_t T, size_t marked)
{
    if (marked && mem_grow(&w->columns, &w->columns_cap, marked * T, sizeof *w->columns))
        return -1;
    if (w->memory && T <= w->cap)
        return 0;
    const size_t rows = T + T / 4 + LINE, attentions = s->attentions;
    const size_t scores = attentions * rows * 2 * ATTEND_TRAIN_TILE, sums = attentions * ATTEND_TRAIN_TILE;
    float *fresh = mem_array(scores + 2 * sums, sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(w->memory);
    w->SG = w->memory = fresh;
    w->Z = fresh + scores;
    w->y = w->Z + sums;
    w->cap = rows;
    return 0;
}

void attend_train_free(attend_train_work *w)
{
    mem_free(w->memory);
    mem_free(w->columns);
    *w = (attend_train_work){0};
}

/* Forward:  [S G] = H Q'        logit = sum_a sum_t A * G + b
 * Backward: dG = dlogit A      dS = dlogit A * (G - sum_t A * G)
 *           dQ += [dS dG]' H    dH += [dS dG] Q    db += dlogit */
double attend_train_tile(float *dQ, float *db, float *const *dH, attend_adds adds, const float *Q,
                         const float *b, const unsigned char *gold, const float *weight,
                         const attend_marks *marks, const float *const *H, const model_sizes *s, size_t T,
                         size_t n, float gamma, float scale, attend_train_work *w)
{
    const size_t S = s->S;
    float logit[ATTEND_TRAIN_TILE], d[ATTEND_TRAIN_TILE];
    memcpy(logit, b, n * sizeof *logit);

    for (int a = 0; a < s->attentions && T; a++) {
        const size_t D = s->attention[a].D, offset = s->attention[a].offset;
        float *SG = w->SG + a * T * 2 * n, *Z = w->Z + a * n, *y = w->y + a * n;
        multiply(s->precision, matrix_rows(SG, T, 2 * n), 0, const_rows(H[a], T, D),
                 transpose(const_rows_ld(Q + offset, 2 * n, D, S)));
        ops_softmax_dot(SG, Z, y, T, n);
        ops_axpy(logit, 1, y, n);
    }

    double loss = 0;
    for (size_t j = 0; j < n; j++) {
        loss += (double)weight[j] * loss_focal(&d[j], logit[j], gold[j], gamma);
        d[j] *= scale * weight[j];
    }
    if (!adds.dQ)
        memset(db, 0, n * sizeof *db);
    ops_axpy(db, 1, d, n);
    if (!adds.dQ && T == 0)
        memset(dQ, 0, 2 * n * S * sizeof *dQ);

    for (int a = 0; a < s->attentions && T; a++) {
        const size_t D = s->attention[a].D, offset = s->attention[a].offset;
        float *SG = w->SG + a * T * 2 * n;
        const float *Z = w->Z + a * n, *y = w->y + a * n;
        loss +=
            attend_marks_loss(w->columns, marks, marks->weight / (float)s->attentions, scale, SG, Z, T, n);
        ops_softmax_dot_backward(SG, Z, y, d, T, n);
        attend_marks_add(SG, marks, w->columns, T, n);
        const const_matrix dSG = const_rows(SG, T, 2 * n);
        multiply(s->precision, matrix_rows_ld(dQ + offset, 2 * n, D, S), adds.dQ, transpose(dSG),
                 const_rows(H[a], T, D));
        multiply(s->precision, matrix_rows(dH[a], T, D), adds.dH, dSG,
                 const_rows_ld(Q + offset, 2 * n, D, S));
    }
    return loss;
}
