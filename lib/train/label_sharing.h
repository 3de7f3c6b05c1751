/* SPDX-License-Identifier: Apache-2.0 */
/* Labels that learn together. What a label has in common with others (label_features.h) has a vector of its
 * own, and a label's rows of U and W are the sum of its own and of those of its features:
 *
 *     U = U_own + A T_U        W = W_own + A T_W
 *
 * A [L][n] says which label has which feature, T = [T_U T_W] [n][d_l + S]. So a label that is rare, or that
 * no training document has, gets what its relatives have learnt. The model folder holds the sums: prediction
 * knows nothing of features. The gradient is dT = A' [dU dW]; Adam's step for T moves the sums,
 *
 *     U := U + A step_U        W := W + A step_W
 *
 * and T itself is nowhere needed. A label that no training document has is its features' alone, and has no
 * gradient: of it the training set could only say no. Weight decay is that of the sums.
 *
 * The paper has nothing of the kind. Codes that share parameters by descriptions and by their place in a
 * tree: Rios and Kavuluru, 2018. */
#ifndef ECAN_TRAIN_LABEL_SHARING_H
#define ECAN_TRAIN_LABEL_SHARING_H

#include "base/pool.h"
#include "model/params.h"
#include "train/adam.h"
#include "train/label_features.h"

#include <stdint.h>

typedef struct label_sharing {
    label_features x;
    size_t label_size, width; /* d_l, d_l + S */
    float *m, *v, *step;      /* [n][d_l + S] Adam's moments, and its step */
    unsigned char
        *unseen; /* [L] no training document has the label; set by the caller after label_sharing_init() */
    float *grad; /* [threads][d_l + S]: of the feature that a thread is at */
} label_sharing;

/* Takes x over. 0, or -1 when memory is out; freed with label_sharing_free() in both cases. */
int label_sharing_init(label_sharing *s, label_features x, const params *p, const pool *threads);
void label_sharing_free(label_sharing *s);
void label_sharing_reset(label_sharing *s); /* moments back to 0 */

/* U and W of a new model: rows of labels that have features become A T, T random, as long as they were. */
void label_sharing_start(label_sharing *s, params *p, uint64_t seed);

/* Takes the gradients of labels that are not seen away: between step_run() and adam_step(). */
void label_sharing_mask(const label_sharing *s, const params *grad);
/* The features' part of step t of Adam (adam_step() has made a->t it), with the gradients and rates of
 * adam_step(). */
void label_sharing_step(label_sharing *s, params *p, const params *grad, const adam_rates *rates, uint64_t t,
                        pool *threads);

/* The moments, in a safetensors file. Loading refuses other shapes. 0 or -1. */
int label_sharing_save(const label_sharing *s, const char *path);
int label_sharing_load(label_sharing *s, const char *path);

#endif
