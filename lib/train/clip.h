/* SPDX-License-Identifier: Apache-2.0 */
/* Clipping of the gradient (Pascanu et al., 2013) as torch.nn.utils.clip_grad_norm_ computes it:
 *
 *     g := min(1, max_norm / (|g| + 1e-6)) g        |g| is the L2 norm over all parameters
 *
 * The norm is a sum over fixed parts, added in order. So it is bit-identical for any number of threads and
 * ranks. */
#ifndef ECAN_TRAIN_CLIP_H
#define ECAN_TRAIN_CLIP_H

#include "base/pool.h"
#include "model/params.h"

/* |g|, of the slices of all ranks. in_batch[words] says which rows of the embedding have a gradient. */
double clip_norm(const params *grad, const unsigned char *in_batch, pool *threads);

/* The factor of g. */
float clip_factor(double norm, double max_norm);

#endif
