/* SPDX-License-Identifier: Apache-2.0 */
/* The exponential moving average w of the parameters p (Polyak averaging). If it is on, the average is
 * evaluated and written, not p. The paper does not have it.
 *
 *     w := w + (1 - d) (p - w)        d = min(decay, (1 + t) / (10 + t)) after t previous steps
 *
 * w starts as p. d is small at first, so the initial parameters are soon forgotten. */
#ifndef ECAN_TRAIN_WEIGHT_AVERAGE_H
#define ECAN_TRAIN_WEIGHT_AVERAGE_H

#include "base/pool.h"
#include "model/params.h"

#include <stdint.h>

/* 1 - d for step t, from 1. */
float weight_average_weight(double decay, uint64_t t);

/* w := w + weight (p - w), weight = 1 - d. touched[words] says which rows of the embedding have ever changed.
 * In the other rows w = p. Only the slice of this rank changes (slices.h). Cannot fail. */
void weight_average_step(params *w, const params *p, const unsigned char *touched, float weight,
                         pool *threads);

#endif
