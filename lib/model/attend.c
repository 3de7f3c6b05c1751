/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attend_private.h"

#include "base/err.h"
#include "base/little_endian.h"
#include "base/mem.h"
#include "base/minmax.h"
#include "tensor/attention_bf16.h"
#include "tensor/gemm.h"
#include "tensor/multiply.h"
#include "tensor/ops.h"

#include <stdatomic.h>
#include <string.h>

enum { LINE = MEM_ALIGN / sizeof(float) };

static size_t round_up(size_t n)
{
    return (n + LINE - 1) / LINE * LINE;
}

void attend_project(float *Up, const params *p, size_t first, size_t n, precision rounding)
{
    const size_t S = p->sizes.S, d_l = p->sizes.d_l;
    for (int a = 0; a < p->sizes.attentions; a++) {
        const size_t D = p->sizes.attention[a].D;
        float *out = Up + p->sizes.attention[a].offset;
        for (size_t j = 0; j < n; j++)
            memcpy(out + j * S, p->proj_bias[a], D * sizeof *out);
        multiply(rounding, matrix_rows_ld(out, n, D, S), 1, const_rows(p->U + first * d_l, n, d_l),
                 transpose(const_rows(p->proj[a], D, d_l)));
    }
}

/* The attentions first .. end-1 over a document. The tiles of labels share it. */
typedef struct attend_job {
    const attended *to;
    const params *p;
    const float *const *H; /* [a][T][D_a] */
    size_t T;
    precision precision;
    int first, end;
    attend_work *own; /* of the thread that has the document: queries, or words and bias; packed */
    atomic_bool failed;
} attend_job;

static size_t tile_of(const attend_job *r)
{
    return r->precision == PRECISION_BF16 ? ATTENTION_BF16_LABELS : ATTEND_TILE;
}

/* Numbers of floats for T words, with and without queries: labels that are computed again are sometimes few.
 */
typedef struct room {
    size_t words, bias, packed, scores, V;
} room;

static room room_for(const attend_job *r, size_t T)
{
    const model_sizes *s = &r->p->sizes;
    const size_t attentions = s->attentions, few = attentions * ATTEND_SHORT, projected = max_size(T, few);
    room n = {.words = round_up(projected * s->d_l),
              .bias = round_up(projected),
              .scores = round_up(T * ATTEND_TILE),
              .V = ATTEND_TILE * s->D_attended};
    if (r->precision == PRECISION_BF16) {
        const size_t tile = ATTENTION_BF16_LABELS, D = s->D_attended, d = max_size(D, s->d_l);
        n.packed = max_size(attention_bf16_words(T, d, D),
                            attentions * attention_bf16_words(min_size(T, ATTEND_SHORT), d, D));
        n.scores = round_up(attention_bf16_scratch(T, d, tile));
        n.V = attention_bf16_V(tile, D);
    }
    return n;
}

static int reserve(attend_work *w, const attend_job *r)
{
    if (w->memory && r->T <= w->cap)
        return 0;
    const size_t rows = r->T + r->T / 4 + LINE, tile = round_up(ATTEND_TILE);
    const room n = room_for(r, rows);
    float *fresh = mem_room(n.words + n.bias + n.packed + n.scores + 2 * tile + n.V, sizeof *fresh);
    if (!fresh)
        return -1;
    mem_free(w->memory);
    w->words = w->memory = fresh;
    w->bias = w->words + n.words;
    w->packed = w->bias + n.bias;
    w->S = w->packed + n.packed;
    w->Z = w->S + n.scores;
    w->at = (int32_t *)(void *)(w->Z + tile);
    w->V = w->Z + 2 * tile;
    w->cap = rows;
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
static int keep_queries(attend_work *w, const params *p, precision rounding)
{
    if (w->queries || p->labels > ATTEND_QUERIES)
        return 0;
    w->queries = mem_room(p->labels * p->sizes.S, sizeof *w->queries);
    if (!w->queries)
        return -1;
    attend_project(w->queries, p, 0, p->labels, rounding);
    return 0;
}

/* The arrays of attention a. */
static float *words_of(const attend_job *r, int a)
{
    return r->own->words + (a - r->first) * r->T * r->p->sizes.d_l;
}

static float *bias_of(const attend_job *r, int a)
{
    return r->own->bias + (a - r->first) * r->T;
}

static size_t packed_size(const attend_job *r, int a)
{
    const size_t D = r->p->sizes.attention[a].D;
    return attention_bf16_words(r->T, r->own->queries ? D : r->p->sizes.d_l, D);
}

/* words = H_a P_a, bias = H_a p_a */
static void project_words(const attend_job *r, int a)
{
    const params *p = r->p;
    const size_t D = p->sizes.attention[a].D, d_l = p->sizes.d_l;
    float *bias = bias_of(r, a);
    multiply(r->precision, matrix_rows(words_of(r, a), r->T, d_l), 0, const_rows(r->H[a], r->T, D),
             const_rows(p->proj[a], D, d_l));
    for (size_t t = 0; t < r->T; t++)
        bias[t] = ops_dot(r->H[a] + t * D, p->proj_bias[a], D);
}

/* The scores of labels first .. first+n-1 are K Q' + bias: H_a U'_a', or (H_a P_a) U' + H_a p_a. */
static attention_words keys_of(const attend_job *r, int a)
{
    const size_t D = r->p->sizes.attention[a].D, d_l = r->p->sizes.d_l;
    attention_words w = {.H = const_rows(r->H[a], r->T, D), .packed = r->own->packed};
    w.K = r->own->queries ? w.H : const_rows(words_of(r, a), r->T, d_l);
    w.bias = r->own->queries ? NULL : bias_of(r, a);
    for (int before = r->first; before < a; before++)
        w.packed += packed_size(r, before);
    return w;
}

static const_matrix queries_of(const attend_job *r, int a, size_t first, size_t n)
{
    const model_sizes *s = &r->p->sizes;
    return r->own->queries ? const_rows_ld(r->own->queries + first * s->S + s->attention[a].offset, n,
                                           s->attention[a].D, s->S)
                           : const_rows(r->p->U + first * s->d_l, n, s->d_l);
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
static void put_rows(const attended *to, const params *p, int a, const float *V, size_t ld, size_t first,
                     size_t n)
{
    const size_t S = p->sizes.S, D = p->sizes.attention[a].D;
    unsigned char *out = (unsigned char *)to->V + (first * S + p->sizes.attention[a].offset) * sizeof *V;
    for (size_t j = 0; j < n; j++)
        copy_le32(out + j * S * sizeof *V, V + j * ld, D);
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

/* Attention a for labels first .. first+n-1: S[T][n] = exp(scores - max), Z[n] = 1 / sum_t S, so that A = S *
 * Z, and V[n] = A H. Bfloat16 leaves no S. */
static void attend_tile(const attend_job *r, int a, size_t first, size_t n, attend_work *w)
{
    const params *p = r->p;
    const attended *to = r->to;
    const size_t D = p->sizes.attention[a].D, T = r->T;
    const attention_words words = keys_of(r, a);
    const const_matrix Q = queries_of(r, a, first, n);
    const bool bf16 = r->precision == PRECISION_BF16;
    size_t ld = D;
    if (bf16) {
        ld = attention_bf16(w->V, w->Z, w->at, &words, Q, w->S);
    } else {
        gemm(matrix_rows(w->S, T, n), 0, 1, words.K, transpose(Q));
        ops_softmax(w->S, words.bias, w->Z, w->at, T, n, n);
    }
    for (size_t j = 0; j < n; j++)
        w->Z[j] = 1 / w->Z[j];
    update_peaks(to, w, p->sizes.attention[a].block, first, n);
    if (to->A)
        put_weights(to->A[a] + first * T, w, n, T);
    if (!to->V && !to->logits)
        return;
    if (!bf16)
        gemm(matrix_rows(w->V, n, D), 0, 1, transpose(const_rows(w->S, T, n)), words.H);
    ops_scale_rows(w->V, w->Z, n, D, ld);
    if (to->V)
        put_rows(to, p, a, w->V, ld, first, n);
    if (to->logits)
        add_scores(to->logits + first, w->V, ld, p, a, first, n);
}

/* Runs in the thread that has the document, or in a thread of its team, with the buffers of that thread. */
static void attend_task(void *context, size_t tile, size_t worker)
{
    attend_job *r = context;
    attend_work *w = r->own->team ? r->own->team->work[worker] : r->own;
    const size_t first = tile * tile_of(r), n = min_size(r->p->labels - first, tile_of(r));
    if (reserve(w, r)) {
        atomic_store(&r->failed, true);
        return;
    }
    for (int a = r->first; a < r->end; a++)
        attend_tile(r, a, first, n, w);
}

static int attend_labels(attend_job *r)
{
    attend_work *w = r->own;
    const size_t tiles = (r->p->labels + tile_of(r) - 1) / tile_of(r);
    for (int a = r->first; a < r->end; a++) {
        if (!w->queries)
            project_words(r, a);
        const attention_words words = keys_of(r, a);
        if (r->precision == PRECISION_BF16)
            attention_bf16_pack(&words);
    }
    work_sharing_run(w->team ? w->team->loops : NULL, attend_task, r, tiles, w->worker);
    return r->failed ? err_memory("out of memory for the attention of the labels") : 0;
}

int attend_all(const attended *to, const params *p, precision rounding, const float *const *H, size_t T,
               attend_work *w)
{
    const size_t L = p->labels;
    attend_job r = {.to = to, .p = p, .H = H, .T = T, .precision = rounding, .own = w};
    if (T && (keep_queries(w, p, rounding) || reserve(w, &r)))
        return -1;
    for (size_t l = 0; l < L; l++) {
        to->peaks[2 * l] = to->peaks[2 * l + 1] = -1;
        to->peak_weights[l] = 0;
    }
    if (to->logits)
        memcpy(to->logits, p->b, L * sizeof *to->logits);
    if (to->V && T == 0)
        memset(to->V, 0, L * p->sizes.S * sizeof(float));
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
               : attend_all(to, p, PRECISION_F32, H, T, w);
}

void attend_score(float *logits, const float *V, const params *p, size_t first, size_t n)
{
    const size_t S = p->sizes.S;
    memcpy(logits, p->b + first, n * sizeof *logits);
    for (int a = 0; a < p->sizes.attentions; a++)
        add_scores(logits, V + p->sizes.attention[a].offset, S, p, a, first, n);
}
