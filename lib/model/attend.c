#include "model/attend.h"

#include "base/mem.h"
#include "tensor/gemm.h"
#include "tensor/ops.h"

#include <string.h>

enum { LINE = MEM_ALIGN / sizeof(float) };

static size_t round_up(size_t n)
{
    return (n + LINE - 1) / LINE * LINE;
}

static size_t channels_of(const config *c, int a)
{
    return (size_t)c->channels[config_attended_block(c, a)];
}

void attend_project(float *Up, const params *p, size_t first, size_t n)
{
    const size_t S = (size_t)config_width(&p->c), d_l = (size_t)p->c.label_size;
    for (int a = 0; a < config_attentions(&p->c); a++) {
        const size_t D = channels_of(&p->c, a);
        float *out = Up + config_offset(&p->c, a);
        for (size_t j = 0; j < n; j++)
            memcpy(out + j * S, p->proj_bias[a], D * sizeof *out);
        gemm(n, D, d_l, 1, p->U + first * d_l, (ptrdiff_t)d_l, 1, p->proj[a], 1, (ptrdiff_t)d_l, 1, out, (ptrdiff_t)S);
    }
}

/* Forward: U'_a = U P_a' + p_a.    dU += dU'_a P_a    dP_a += dU'_a' U    dp_a += sum_j dU'_a */
static void project_backward(const params *dp, const float *dUp, const params *p, size_t first, size_t n)
{
    const size_t S = (size_t)config_width(&p->c), d_l = (size_t)p->c.label_size;
    for (int a = 0; a < config_attentions(&p->c); a++) {
        const size_t D = channels_of(&p->c, a);
        const float *d = dUp + config_offset(&p->c, a);
        gemm(n, d_l, D, 1, d, (ptrdiff_t)S, 1, p->proj[a], (ptrdiff_t)d_l, 1, 1, dp->U + first * d_l, (ptrdiff_t)d_l);
        gemm(D, d_l, n, 1, d, 1, (ptrdiff_t)S, p->U + first * d_l, (ptrdiff_t)d_l, 1, 1, dp->proj[a], (ptrdiff_t)d_l);
        for (size_t j = 0; j < n; j++)
            ops_axpy(dp->proj_bias[a], 1, d + j * S, D);
    }
}

/* ---- prediction ---- */

int attend_work_begin(attend_work *w, size_t T)
{
    if (w->memory && T <= w->cap)
        return 0;
    const size_t rows = T + T / 4 + LINE, scores = round_up(rows * ATTEND_TILE);
    float *fresh = mem_array(scores + 2 * round_up(ATTEND_TILE), sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(w->memory);
    *w = (attend_work){.S = fresh, .Z = fresh + scores, .cap = rows, .memory = fresh};
    w->at = (int32_t *)(void *)(w->Z + round_up(ATTEND_TILE));
    return 0;
}

void attend_work_free(attend_work *w)
{
    mem_free(w->memory);
    *w = (attend_work){0};
}

void attend_tile(float *V, int32_t *peaks, float *peak_weights, float *const *A, const float *Up, const float *const *H,
                 const config *c, size_t T, size_t n, attend_work *w)
{
    const size_t S = (size_t)config_width(c);
    for (size_t j = 0; j < n; j++) {
        peaks[2 * j] = peaks[2 * j + 1] = -1;
        peak_weights[j] = 0;
    }
    if (T == 0) {
        memset(V, 0, n * S * sizeof *V);
        return;
    }
    for (int a = 0; a < config_attentions(c); a++) {
        const size_t D = channels_of(c, a);
        const float *queries = Up + config_offset(c, a);
        gemm(T, n, D, 1, H[a], (ptrdiff_t)D, 1, queries, 1, (ptrdiff_t)S, 0, w->S, (ptrdiff_t)n);
        ops_softmax(w->S, w->Z, w->at, T, n, n);
        /* The largest weight of a row is exp(0) / Z. */
        for (size_t j = 0; j < n; j++) {
            w->Z[j] = 1 / w->Z[j];
            if (!(w->Z[j] <= peak_weights[j])) {
                peak_weights[j] = w->Z[j];
                peaks[2 * j] = config_attended_block(c, a);
                peaks[2 * j + 1] = w->at[j];
            }
        }
        ops_scale_columns(w->S, w->Z, T, n, n);
        if (A)
            for (size_t j = 0; j < n; j++)
                for (size_t t = 0; t < T; t++)
                    A[a][j * T + t] = w->S[t * n + j];
        gemm(n, D, T, 1, w->S, 1, (ptrdiff_t)n, H[a], (ptrdiff_t)D, 1, 0, V + config_offset(c, a), (ptrdiff_t)S);
    }
}

void attend_score(float *logits, const float *V, const params *p, size_t first, size_t n)
{
    const size_t S = (size_t)config_width(&p->c);
    for (size_t j = 0; j < n; j++)
        logits[j] = ops_dot(p->W + (first + j) * S, V + j * S, S) + p->b[first + j];
}

/* ---- training ---- */

void attend_stack(float *Q, const params *p, size_t first, size_t n)
{
    const size_t S = (size_t)config_width(&p->c);
    attend_project(Q, p, first, n);
    memcpy(Q + n * S, p->W + first * S, n * S * sizeof *Q);
}

void attend_unstack(float *dQ, const params *dp, const params *p, size_t first, size_t n)
{
    const size_t S = (size_t)config_width(&p->c);
    project_backward(dp, dQ, p, first, n);
    ops_axpy(dp->W + first * S, 1, dQ + n * S, n * S);
    memset(dQ, 0, 2 * n * S * sizeof *dQ);
}

int attend_train_begin(attend_train_work *w, const config *c, size_t T)
{
    if (w->memory && T <= w->cap)
        return 0;
    const size_t rows = T + T / 4 + LINE, attentions = (size_t)config_attentions(c);
    const size_t scores = attentions * rows * 2 * ATTEND_TRAIN_TILE, sums = attentions * ATTEND_TRAIN_TILE;
    float *fresh = mem_array(scores + 2 * sums, sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(w->memory);
    *w = (attend_train_work){
        .SG = fresh, .Z = fresh + scores, .y = fresh + scores + sums, .cap = rows, .memory = fresh};
    return 0;
}

void attend_train_free(attend_train_work *w)
{
    mem_free(w->memory);
    *w = (attend_train_work){0};
}

double attend_train_tile(float *dQ, float *db, float *const *dH, const float *Q, const float *b,
                         const unsigned char *gold, const float *const *H, const config *c, size_t T, size_t n,
                         float gamma, float scale, attend_train_work *w)
{
    const size_t S = (size_t)config_width(c);
    const int attentions = config_attentions(c);
    float logit[ATTEND_TRAIN_TILE], d[ATTEND_TRAIN_TILE];
    memcpy(logit, b, n * sizeof *logit);

    for (int a = 0; a < attentions && T; a++) {
        const size_t D = channels_of(c, a);
        float *SG = w->SG + (size_t)a * T * 2 * n, *Z = w->Z + (size_t)a * n, *y = w->y + (size_t)a * n;
        gemm(T, 2 * n, D, 1, H[a], (ptrdiff_t)D, 1, Q + config_offset(c, a), 1, (ptrdiff_t)S, 0, SG, (ptrdiff_t)(2 * n));
        ops_softmax_dot(SG, Z, y, T, n);
        ops_axpy(logit, 1, y, n);
    }

    double loss = 0;
    for (size_t j = 0; j < n; j++) {
        loss += loss_focal(&d[j], logit[j], gold[j], gamma);
        d[j] *= scale;
    }
    ops_axpy(db, 1, d, n);

    for (int a = 0; a < attentions && T; a++) {
        const size_t D = channels_of(c, a);
        float *SG = w->SG + (size_t)a * T * 2 * n;
        const float *Z = w->Z + (size_t)a * n, *y = w->y + (size_t)a * n;
        ops_softmax_dot_backward(SG, Z, y, d, T, n);
        gemm(2 * n, D, T, 1, SG, 1, (ptrdiff_t)(2 * n), H[a], (ptrdiff_t)D, 1, 1, dQ + config_offset(c, a), (ptrdiff_t)S);
        gemm(T, D, 2 * n, 1, SG, (ptrdiff_t)(2 * n), 1, Q + config_offset(c, a), (ptrdiff_t)S, 1, 1, dH[a], (ptrdiff_t)D);
    }
    return loss;
}
