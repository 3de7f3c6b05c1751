/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attend_private.h"

#include "base/err.h"
#include "base/mem.h"
#include "tensor/multiply.h"
#include "tensor/ops.h"

#include <stdatomic.h>
#include <string.h>

enum { LINE = MEM_ALIGN / sizeof(float) };

static size_t round_up(size_t n)
{
    return (n + LINE - 1) / LINE * LINE;
}

/* U'_a = U P_a' + p_a for labels first .. first+n-1. Up[n][S] has the U'_a of all attentions side by side. */
static void project(float *Up, const params *p, size_t first, size_t n)
{
    const size_t S = p->sizes.S, d_l = p->sizes.d_l;
    for (int a = 0; a < p->sizes.attentions; a++) {
        const size_t D = p->sizes.attention[a].D;
        float *out = Up + p->sizes.attention[a].offset;
        for (size_t j = 0; j < n; j++)
            memcpy(out + j * S, p->proj_bias[a], D * sizeof *out);
        multiply(p->sizes.precision, matrix_rows_ld(out, n, D, S), 1, const_rows(p->U + first * d_l, n, d_l),
                 transpose(const_rows(p->proj[a], D, d_l)));
    }
}

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

/* ---- prediction ---- */

static int reserve(attend_work *w, const model_sizes *s, size_t T)
{
    if (w->memory && T <= w->cap)
        return 0;
    const size_t rows = T + T / 4 + LINE, tile = round_up(ATTEND_TILE);
    const size_t attentions = s->attentions, few = attentions * ATTEND_SHORT,
                 projected = rows > few ? rows : few;
    const size_t words = w->queries ? 0 : round_up(projected * s->d_l), bias = round_up(projected),
                 scores = round_up(rows * ATTEND_TILE), V = ATTEND_TILE * s->D_attended;
    float *fresh = mem_room(words + bias + scores + 2 * tile + V, sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(w->memory);
    w->words = w->memory = fresh;
    w->bias = fresh + words;
    w->cap = rows;
    w->S = w->bias + bias;
    w->Z = w->S + scores;
    w->at = (int32_t *)(void *)(w->Z + tile);
    w->V = w->Z + 2 * tile;
    return 0;
}

void attend_work_free(attend_work *w)
{
    mem_free(w->queries);
    mem_free(w->memory);
    attend_again_free(w->again);
    *w = (attend_work){0};
}

/* Computes the queries of all labels once, if there are few labels. */
static int keep_queries(attend_work *w, const params *p)
{
    if (w->queries || p->labels > ATTEND_QUERIES)
        return 0;
    w->queries = mem_room(p->labels * p->sizes.S, sizeof *w->queries);
    if (!w->queries)
        return -1;
    project(w->queries, p, 0, p->labels);
    return 0;
}

/* The attentions first .. end-1 over a document. The tiles of labels share it. */
typedef struct attend_job {
    const attended *to;
    const params *p;
    const float *const *H; /* [a][T][D_a] */
    size_t T;
    int first, end;
    attend_work *own; /* of the thread that has the document: queries, or words and bias */
    atomic_bool failed;
} attend_job;

/* The arrays of attention a. */
static float *words_of(const attend_job *r, int a)
{
    return r->own->words + (a - r->first) * r->T * r->p->sizes.d_l;
}

static float *bias_of(const attend_job *r, int a)
{
    return r->own->bias + (a - r->first) * r->T;
}

/* words = H_a P_a, bias = H_a p_a */
static void project_words(const attend_job *r, int a)
{
    const params *p = r->p;
    const size_t D = p->sizes.attention[a].D, d_l = p->sizes.d_l;
    float *bias = bias_of(r, a);
    multiply(p->sizes.precision, matrix_rows(words_of(r, a), r->T, d_l), 0, const_rows(r->H[a], r->T, D),
             const_rows(p->proj[a], D, d_l));
    for (size_t t = 0; t < r->T; t++)
        bias[t] = ops_dot(r->H[a] + t * D, p->proj_bias[a], D);
}

/* S[T][n] = exp(scores - max) for labels first .. first+n-1, and Z[n] = 1 / sum_t S. So A = S * Z. */
static void compute_weights(attend_work *w, const attend_job *r, int a, size_t first, size_t n)
{
    const params *p = r->p;
    const float *queries = r->own->queries;
    const attention_shape *at = &p->sizes.attention[a];
    const size_t d_l = p->sizes.d_l, S = p->sizes.S;
    const matrix scores = matrix_rows(w->S, r->T, n);
    if (queries)
        multiply(p->sizes.precision, scores, 0, const_rows(r->H[a], r->T, at->D),
                 transpose(const_rows_ld(queries + first * S + at->offset, n, at->D, S)));
    else
        multiply(p->sizes.precision, scores, 0, const_rows(words_of(r, a), r->T, d_l),
                 transpose(const_rows(p->U + first * d_l, n, d_l)));
    ops_softmax(w->S, queries ? NULL : bias_of(r, a), w->Z, w->at, r->T, n, n);
    for (size_t j = 0; j < n; j++)
        w->Z[j] = 1 / w->Z[j];
}

/* The largest weight of a label is exp(0) / sum_t S = Z. A NaN becomes the peak weight, so that it is not
 * hidden. */
static void update_peaks(const attended *to, const attend_work *w, int block, size_t first, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        if (w->Z[j] <= to->peak_weights[first + j])
            continue;
        to->peak_weights[first + j] = w->Z[j];
        to->peaks[2 * (first + j)] = block;
        to->peaks[2 * (first + j) + 1] = w->at[j];
    }
}

static void put_weights(float *A, const attend_work *w, size_t n, size_t T)
{
    for (size_t j = 0; j < n; j++)
        for (size_t t = 0; t < T; t++)
            A[j * T + t] = w->S[t * n + j] * w->Z[j];
}

/* Copies V_a to its columns of V, which may be unaligned. */
static void put_rows(const attended *to, const params *p, int a, const float *V, size_t first, size_t n)
{
    const size_t S = p->sizes.S, D = p->sizes.attention[a].D;
    unsigned char *out = (unsigned char *)to->V + (first * S + p->sizes.attention[a].offset) * sizeof *V;
    for (size_t j = 0; j < n; j++)
        memcpy(out + j * S * sizeof *V, V + j * D, D * sizeof *V);
}

/* logits[n] += W_a V_a for labels first .. first+n-1. V has row stride ld. */
static void add_scores(float *logits, const float *V, size_t ld, const params *p, int a, size_t first,
                       size_t n)
{
    const size_t S = p->sizes.S, D = p->sizes.attention[a].D;
    const float *W = p->W + first * S + p->sizes.attention[a].offset;
    for (size_t j = 0; j < n; j++)
        logits[j] += ops_dot(W + j * S, V + j * ld, D);
}

/* Attention a for labels first .. first+n-1. */
static void attend_tile(const attend_job *r, int a, size_t first, size_t n, attend_work *w)
{
    const params *p = r->p;
    const attended *to = r->to;
    const size_t D = p->sizes.attention[a].D, T = r->T;
    compute_weights(w, r, a, first, n);
    update_peaks(to, w, p->sizes.attention[a].block, first, n);
    if (to->A)
        put_weights(to->A[a] + first * T, w, n, T);
    if (!to->V && !to->logits)
        return;
    multiply(p->sizes.precision, matrix_rows(w->V, n, D), 0, transpose(const_rows(w->S, T, n)),
             const_rows(r->H[a], T, D));
    ops_scale_rows(w->V, w->Z, n, D, D);
    if (to->V)
        put_rows(to, p, a, w->V, first, n);
    if (to->logits)
        add_scores(to->logits + first, w->V, D, p, a, first, n);
}

/* Runs in the thread that has the document, or in a thread of its team, with the buffers of that thread. */
static void attend_task(void *context, size_t tile, size_t worker)
{
    attend_job *r = context;
    attend_work *w = r->own->team ? r->own->team->work[worker] : r->own;
    const size_t L = r->p->labels, first = tile * ATTEND_TILE,
                 n = L - first < ATTEND_TILE ? L - first : ATTEND_TILE;
    if (reserve(w, &r->p->sizes, r->T)) {
        atomic_store(&r->failed, true);
        return;
    }
    for (int a = r->first; a < r->end; a++)
        attend_tile(r, a, first, n, w);
}

static int attend_labels(attend_job *r)
{
    attend_work *w = r->own;
    const size_t tiles = (r->p->labels + ATTEND_TILE - 1) / ATTEND_TILE;
    for (int a = r->first; !w->queries && a < r->end; a++)
        project_words(r, a);
    work_sharing_run(w->team ? w->team->loops : NULL, attend_task, r, tiles, w->worker);
    return r->failed ? err_memory("out of memory for the attention of the labels") : 0;
}

int attend_all(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w)
{
    const size_t L = p->labels;
    if (keep_queries(w, p) || reserve(w, &p->sizes, T))
        return -1;
    for (size_t l = 0; l < L; l++) {
        to->peaks[2 * l] = to->peaks[2 * l + 1] = -1;
        to->peak_weights[l] = 0;
    }
    if (to->logits)
        memcpy(to->logits, p->b, L * sizeof *to->logits);
    if (to->V && T == 0)
        memset(to->V, 0, L * p->sizes.S * sizeof(float));
    attend_job r = {.to = to, .p = p, .H = H, .T = T, .own = w};
    const int attentions = p->sizes.attentions, together = T <= ATTEND_SHORT ? attentions : 1;
    for (; r.first < attentions && T; r.first = r.end) {
        r.end = r.first + together;
        if (attend_labels(&r))
            return -1;
    }
    return 0;
}

int attend_forward(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w)
{
    return p->sizes.precision == PRECISION_BF16 && p->labels >= ATTEND_TILE && T && !to->A
               ? attend_in_bf16(to, p, H, T, w)
               : attend_all(to, p, H, T, w);
}

void attend_score(float *logits, const float *V, const params *p, size_t first, size_t n)
{
    const size_t S = p->sizes.S;
    memcpy(logits, p->b + first, n * sizeof *logits);
    for (int a = 0; a < p->sizes.attentions; a++)
        add_scores(logits, V + p->sizes.attention[a].offset, S, p, a, first, n);
}

/* ---- training ---- */

void attend_stack(float *Q, const params *p, size_t first, size_t n)
{
    const size_t S = p->sizes.S;
    project(Q, p, first, n);
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
