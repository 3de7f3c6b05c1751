/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that the files of step.h share: step.c has the memory and the order of the work,
 * step_documents.c computes the gradients of documents, and step_sum.c adds up those of the parts. */
#ifndef ECAN_TRAIN_STEP_PRIVATE_H
#define ECAN_TRAIN_STEP_PRIVATE_H

#include "model/attend.h"
#include "model/encode.h"
#include "train/step.h"

#include <stdbool.h>
#include <stddef.h>

/* The gradients and buffers of one thread. */
typedef struct step_part {
    encoding e;
    dropout drop; /* dropout of the document in e */
    encoding_grad g;
    attend_train_work a;
    params grad;         /* as step.grad, but the shared tensors are in `shared` (except for part 0) */
    float *shared;       /* owned; NULL for part 0 */
    winograd_weights dU; /* gradients of U; part 0 also receives the sum */
    float *dQ, *db;      /* part 0 also receives the sums; by labels only part 0 has them */
    float *partial;      /* by labels: dH of the current document from the labels of this part, [T][S] */
    size_t partial_cap;
    double loss;
    int failed;
} step_part;

struct step {
    params with_winograd_weights; /* the parameters of the caller, with U */
    const params *p;              /* points to with_winograd_weights */
    winograd_weights U, transposed;
    pool *threads;
    size_t parts;
    bool by_label;
    size_t S, L, tiles;
    params grad;
    unsigned char *in_batch, *gold; /* [words]; [parts][L] gold labels of the current document of a part */
    float *Q;
    step_part *part;

    /* the batch */
    const step_options *o;
    const example *const *batch;
    size_t B;
    size_t *order, *owner; /* [B] documents in descending order of length; part of each document */
    size_t *at;            /* [B] first row of each document in dX */
    size_t order_cap;
    float *dX; /* [sum T][E] */
    size_t dX_cap;
    float scale;
    size_t group, group_size; /* by labels: the current documents are order[group ..] */
    size_t current;           /* by labels: index of the document whose labels are processed */
};

/* Number of labels of a tile. */
static inline size_t step_tile_size(const step *s, size_t tile)
{
    const size_t left = s->L - tile * ATTEND_TRAIN_TILE;
    return left < ATTEND_TRAIN_TILE ? left : ATTEND_TRAIN_TILE;
}

/* Whether memory was out for a part. */
static inline bool step_failed(const step *s)
{
    for (size_t k = 0; k < s->parts; k++)
        if (s->part[k].failed)
            return true;
    return false;
}

/* Compute the loss and the gradients of all documents in the parts, by documents or by labels. */
void step_by_documents(step *s);
void step_by_labels(step *s);

/* Adds up the gradients of the parts, in order. */
void step_sum(step *s);

#endif
