/* SPDX-License-Identifier: Apache-2.0 */
/* Clipping of the gradient (Pascanu et al., 2013) as torch.nn.utils.clip_grad_norm_ computes it:
 *
 *     g := min(1, most / (|g| + 1e-6)) g        |g| the L2 norm over all parameters together
 *
 * The sum is made of fixed parts, added in order: the same whatever the number of threads. */
#ifndef ECAN_TRAIN_CLIP_H
#define ECAN_TRAIN_CLIP_H

#include "base/pool.h"
#include "model/params.h"

/* |g|. in_batch[words]: rows of the embedding that have a gradient. */
double clip_norm(const params *grad, const unsigned char *in_batch, pool *threads);

/* What the gradient is to be multiplied by. */
float clip_factor(double norm, double most);

#endif
