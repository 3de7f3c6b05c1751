/* SPDX-License-Identifier: Apache-2.0 */
/* Label sharing: related labels share parameters. Each feature of labels (label_features.h) has a vector. The
 * rows of a label in U and W are the sum of vectors of its own and of the vectors of its features:
 *
 *     U = U_own + A T_U        W = W_own + A T_W
 *
 * A[L][n] has the weights of the n features of each label, T = [T_U T_W] is [n][d_l + S]. So a label that is
 * rare or absent in the training set learns from related labels. The model folder has the sums U and W, so
 * prediction is unchanged. The gradient is dT = A' [dU dW]. A step of Adam for T changes the sums,
 *
 *     U := U + A step_U        W := W + A step_W
 *
 * so T itself is not stored. A label without training documents has no vector of its own and no gradient: the
 * training set has only negative examples of it. Weight decay applies to the sums.
 *
 * The paper does not have label sharing. Rios and Kavuluru (2018) share parameters of codes by their
 * descriptions and their position in a hierarchy. */
#ifndef ECAN_TRAIN_LABEL_SHARING_H
#define ECAN_TRAIN_LABEL_SHARING_H

#include "base/pool.h"
#include "io/safetensors.h"
#include "model/params.h"
#include "train/adam.h"
#include "train/label_features.h"

#include <stdint.h>

typedef struct label_sharing {
    label_features x;
    size_t label_size, width; /* d_l, d_l + S */
    float *m, *v, *step;      /* [n][d_l + S] moments of Adam and its step; owned */
    unsigned char *unseen;    /* [L] 1 if no training document has the label; filled by the caller; owned */
    float *grad;              /* [threads][d_l + S] gradient of the current feature of each thread; owned */
} label_sharing;

/* x is taken. 0, or -1: out of memory. Free s with label_sharing_free() in both cases. */
int label_sharing_init(label_sharing *s, label_features x, const params *p, const pool *threads);
void label_sharing_free(label_sharing *s);
/* Sets the moments to 0. */
void label_sharing_reset(label_sharing *s);

/* Initializes U and W of a new model. The rows of labels with features become A T with a random T, in the
 * scale of the Xavier initialization. */
void label_sharing_start(label_sharing *s, params *p, uint64_t seed);

/* Sets the gradients of unseen labels to 0. Called between step_run() and adam_step(). */
void label_sharing_mask(const label_sharing *s, const params *grad);
/* Step t of Adam for T, with the gradients and rates of adam_step(). Called after adam_step(), where t is
 * a->t. Cannot fail. */
void label_sharing_step(label_sharing *s, params *p, const params *grad, const adam_rates *rates, uint64_t t,
                        pool *threads);

/* Saves and loads the moments in a safetensors file. 0, or -1: error of the file, or other shapes, without
 * the path in the message. */
int label_sharing_save(const label_sharing *s, const char *path);
int label_sharing_load(label_sharing *s, const safetensors *file);

#endif
