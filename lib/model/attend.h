/* SPDX-License-Identifier: Apache-2.0 */
/* Attention by every label, over every block or over their sum (section 3.3), and the score of each label.
 *
 *     U'_a = U P_a' + p_a                 [L][D_a]   the label's query for attention a
 *     A_a  = softmax_t (U'_a H_a')        [L][T]
 *     V_a  = A_a H_a                      [L][D_a]   V = the V_a side by side, [L][S]
 *     logit = sum_s W * V + b             [L]
 *
 * Labels are worked on in tiles, so that what stands between H and the logits stays in cache and memory does
 * not grow with L. Words are rows: scores of a tile of n labels are S[T][n], a label a lane of the vector
 * unit, and the softmax runs down the rows without a sum across lanes.
 *
 * Prediction goes by V, which the pipe's stages hand on. With few labels their queries U' are computed once
 * and kept; with many that would keep the first document waiting, and the words are projected instead:
 *
 *     U'_a H_a' = U (H_a P_a)' + p_a' H_a'
 *
 * which costs next to nothing there. One attention goes over all labels, then the next: what all tiles read
 * is the H of one block. Of a short document H is less than the labels' parameters; these are read once then,
 * all attentions of a tile at once.
 *
 * Training goes by G = W_a H_a': then
 *
 *     logit = sum_a sum_t A_a * G_a + b
 *     dG_a = dlogit A_a       dS_a = dlogit A_a * (G_a - sum_t A_a * G_a)
 *
 * so that U' and W stacked, Q = [U'; W], need three products where six would be: [S G] = H Q',
 * dQ += [dS dG]' H, dH += [dS dG] Q; a tile goes forward and back at once. */
#ifndef ECAN_MODEL_ATTEND_H
#define ECAN_MODEL_ATTEND_H

#include "base/work_sharing.h"
#include "model/encode.h"
#include "model/loss.h"

#include <stdint.h>

enum {
    ATTEND_TILE = 256,  /* labels of a tile in prediction */
    ATTEND_SHORT = 256, /* words of a short document, at most */
    ATTEND_QUERIES =
        1024, /* labels up to which the queries are kept: below 0.5 GFLOP and 4 MB in the paper's sizes */
    ATTEND_TRAIN_TILE = 128 /* in training, where a tile is twice as wide */
};

/* ---- prediction ---- */

/* What one thread needs for one model: the queries (few labels), and room for one tile, pieces of one
 * allocation. */
typedef struct attend_work {
    float *queries;                 /* [L][S]: U', owned; NULL with many labels */
    float *words;                   /* [T][d_l]: H_a P_a; of a short document [attentions][T][d_l] */
    float *bias;                    /* [T]: H_a p_a; [attentions][T] */
    float *S;                       /* [T][ATTEND_TILE] */
    float *Z;                       /* [ATTEND_TILE] */
    int32_t *at;                    /* [ATTEND_TILE] */
    float *V;                       /* [ATTEND_TILE][D_a] */
    size_t cap;                     /* words */
    float *memory;                  /* owned */
    const struct attend_crew *crew; /* borrowed: those who may help; NULL: nobody */
    size_t worker;                  /* which of them this thread is */
} attend_work;

/* Threads of which one that has nothing to do takes tiles of another one's document. */
typedef struct attend_crew {
    work_sharing *loops;
    attend_work **of; /* [workers] */
} attend_crew;
void attend_work_free(attend_work *w);

/* What is wanted of a document; V, logits and A may be NULL. All are borrowed, and filled. Without V and
 * logits p's W and b are not looked at. */
typedef struct attended {
    void *V;       /* [L][S] floats, which may stand unaligned */
    float *logits; /* [L]: what attend_score makes of V, to the last bit */
    /* [L][2]: block and word of the largest weight over all blocks (equation 8; the first of equals) */
    int32_t *peaks;
    float *peak_weights; /* [L] */
    float *const *A;     /* [attentions], each [L][T] */
} attended;

/* Every label over one document of T words: H[a][T][D_a] is what attention a reads. T == 0: V = 0, peaks -1,
 * weights 0. w is zeroed before its first use (but for crew and worker), and used again with the same p
 * alone. 0, or -1 when memory is out. */
int attend_forward(const attended *to, const params *p, const float *const *H, size_t T, attend_work *w);

/* logits[n] = sum_s W V + b of labels first .. first+n-1, whose V[n][S] are given. */
void attend_score(float *logits, const float *V, const params *p, size_t first, size_t n);

/* ---- training ---- */

/* Q: for each tile of labels U' [n][S] and then W [n][S], tile behind tile: 2 L S floats. */
void attend_stack(float *Q, const params *p, size_t first, size_t n);
/* Adds what is in dQ to dp's U, proj and W, for the tile of labels first .. first+n-1. The parts of proj go
 * to dproj (a params, may be dp). Clears dQ. */
void attend_unstack(float *dQ, const params *dp, const params *p, size_t first, size_t n);

typedef struct attend_train_work {
    float *SG;    /* [attentions][T][2 ATTEND_TRAIN_TILE] */
    float *Z, *y; /* [attentions][ATTEND_TRAIN_TILE] */
    size_t cap;
    float *memory;
} attend_train_work;
int attend_train_begin(attend_train_work *w, const model_sizes *s, size_t T);
void attend_train_free(attend_train_work *w);

/* One tile forward and back over one document: adds to dQ[2n][S], db[n] and dH[a][T][D_a]; returns the tile's
 * loss, summed over its labels. gold[n] is 0 or 1; scale is 1 / (B L), for the gradient alone. */
double attend_train_tile(float *dQ, float *db, float *const *dH, const float *Q, const float *b,
                         const unsigned char *gold, const float *const *H, const model_sizes *s, size_t T,
                         size_t n, float gamma, float scale, attend_train_work *w);

#endif
