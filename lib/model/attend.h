/* SPDX-License-Identifier: Apache-2.0 */
/* Label-wise attention over every block or over their sum (section 3.3), and the logit of each label.
 *
 *     U'_a = U P_a' + p_a                 [L][D_a]   the queries of the labels for attention a
 *     A_a  = softmax_t (U'_a H_a')        [L][T]     equation 4
 *     V_a  = A_a H_a                      [L][D_a]
 *     V    = concat_a V_a                 [L][S]     equation 5
 *     logit = sum_s W * V + b             [L]        equation 6, before the sigmoid
 *
 * Labels are processed in tiles. The intermediate results of a tile fit the cache, and memory does not grow
 * with L. Words are rows: a tile of n labels has scores S[T][n], so the softmax needs no sums within a vector
 * register.
 *
 * Prediction computes V, which the stages of a pipe pass on. With few labels the queries U' are computed once
 * and kept. With many labels that would delay the first document. Then the words are projected instead, which
 * costs little compared with the scores of many labels:
 *
 *     U'_a H_a' = U (H_a P_a)' + p_a' H_a'
 *
 * The attentions are processed one after the other over all labels, because all tiles read the same H_a. For
 * a short document H is smaller than the parameters of the labels. Then each tile is processed for all
 * attentions, and the parameters are read once.
 *
 * Training uses G = W_a H_a', which is equivalent:
 *
 *     logit = sum_a sum_t A_a * G_a + b
 *     dG_a = dlogit A_a       dS_a = dlogit A_a * (G_a - sum_t A_a * G_a)
 *
 * With U' and W stacked, Q = [U'; W], it takes three products instead of six: [S G] = H Q',
 * dQ += [dS dG]' H, dH += [dS dG] Q. Each tile is processed forward and backward in one call. */
#ifndef ECAN_MODEL_ATTEND_H
#define ECAN_MODEL_ATTEND_H

#include "base/work_sharing.h"
#include "model/attend_marks.h"
#include "model/encode.h"
#include "model/loss.h"

#include <stdint.h>

enum {
    ATTEND_TILE = 256,      /* labels of a tile in prediction */
    ATTEND_SHORT = 256,     /* maximum number of words of a short document */
    ATTEND_QUERIES = 1024,  /* maximum number of labels with kept queries: 4 MB in the sizes of the paper */
    ATTEND_TRAIN_TILE = 128 /* labels of a tile in training, where SG has two columns for each label */
};

/* ---- prediction ---- */

/* The parameters and results of labels that are computed again in 32 bits (attend_bf16.c). */
typedef struct attend_again attend_again;

/* The buffers of one thread for one model. Zero-initialized before the first use, except team and worker. */
typedef struct attend_work {
    float *queries;                 /* [L][S] U', owned; NULL with many labels */
    float *words;                   /* [T][d_l] H_a P_a; for a short document [attentions][T][d_l] */
    float *bias;                    /* [T] H_a p_a; for a short document [attentions][T] */
    float *packed;                  /* words in bfloat16 (tensor/attention_bf16.h) */
    float *S;                       /* [T][ATTEND_TILE], or what bfloat16 needs instead */
    float *Z;                       /* [ATTEND_TILE] */
    int32_t *at;                    /* [ATTEND_TILE] */
    float *V;                       /* [ATTEND_TILE][D_a] */
    size_t cap;                     /* capacity in words */
    float *memory;                  /* the allocation of the arrays other than queries, owned */
    attend_again *again;            /* owned; NULL before the first use */
    const struct attend_team *team; /* threads that share the work of a document; borrowed; NULL: none */
    size_t worker;                  /* index of this thread in the team */
} attend_work;
void attend_work_free(attend_work *w);

/* Threads that share work. An idle thread processes tiles of the document of another thread. */
typedef struct attend_team {
    work_sharing *loops;
    attend_work **work; /* [workers] */
} attend_team;

/* The outputs for a document. The arrays are borrowed and filled. V, logits and A may be NULL. If V and
 * logits are NULL, W and b of the parameters are not read. */
typedef struct attended {
    void *V;        /* [L][S] floats, little-endian, which may be unaligned */
    float *logits;  /* [L], bit-identical to the result of attend_score() for V */
    int32_t *peaks; /* [L][2] block and word of the largest weight over all blocks (equation 8), the first
                       of equal weights */
    float *peak_weights; /* [L] the largest weight */
    float *const *A;     /* [attentions], each [L][T] */
} attended;

/* Computes the outputs for a document of T words. With sizes.precision bfloat16, the outputs of labels that
 * cannot be predicted are less precise (attend_bf16.c). H[a][T][D_a] is the input of attention a. T == 0
 * gives V = 0, peaks -1 and peak weights 0. w must be used with the same p in every call. 0, or -1: out of
 * memory. */
int attend_forward(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w);

/* logits[n] = sum_s W * V + b of labels first .. first+n-1, given V[n][S] of these labels. */
void attend_score(float *logits, const float *V, const params *p, size_t first, size_t n);

/* ---- training ---- */

/* Q[2n][S] = [U'; W] for the tile of labels first .. first+n-1. */
void attend_stack(float *Q, const params *p, size_t first, size_t n);
/* Adds dQ[2n][S] of the tile to the gradients of U, proj and W in dp. */
void attend_unstack(const float *dQ, const params *dp, const params *p, size_t first, size_t n);

/* The buffers of one thread. Zero-initialized before the first use. */
typedef struct attend_train_work {
    float *SG;      /* [attentions][T][2 ATTEND_TRAIN_TILE] */
    float *Z, *y;   /* [attentions][ATTEND_TRAIN_TILE] */
    size_t cap;     /* capacity in words */
    float *memory;  /* owned */
    float *columns; /* [labels with marks][T] see attend_marks.h; owned */
    size_t columns_cap;
} attend_train_work;
/* Reserves memory for a document of T words, in which `marked` labels have marks. 0, or -1: out of memory. */
int attend_train_begin(attend_train_work *w, const model_sizes *s, size_t T, size_t marked);
void attend_train_free(attend_train_work *w);

/* Whether gradients are added to those that the arrays have. Otherwise the arrays need not be initialized. */
typedef struct attend_adds {
    bool dQ, dH; /* dQ: also db */
} attend_adds;

/* Processes a tile of n labels over a document, forward and backward. Q, b and gold are those of the tile.
 * gold[n] is 0 or 1. weight[n]
 * multiplies the loss and the gradient of each label. marks adds to both. Adds to dQ[2n][S] and db[n], and to
 * dH[a][T][D_a], or sets them: see attend_adds. Returns the sum of the losses of the labels. scale = 1 / (B
 * L) multiplies the gradient, but not the loss. Cannot fail. */
double attend_train_tile(float *dQ, float *db, float *const *dH, attend_adds adds, const float *Q,
                         const float *b, const unsigned char *gold, const float *weight,
                         const attend_marks *marks, const float *const *H, const model_sizes *s, size_t T,
                         size_t n, float gamma, float scale, attend_train_work *w);

#endif
