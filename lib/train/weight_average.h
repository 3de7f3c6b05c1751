/* SPDX-License-Identifier: Apache-2.0 */
/* The exponential moving average of the parameters (Polyak averaging): what is evaluated and written where it
 * is on.
 *
 *     w := w + (1 - d) (p - w)        d = min(decay, (1 + t) / (10 + t)), t steps taken before
 *
 * w begins as p; d small at first lets it forget the start. */
#ifndef ECAN_TRAIN_WEIGHT_AVERAGE_H
#define ECAN_TRAIN_WEIGHT_AVERAGE_H

#include "base/pool.h"
#include "model/params.h"

#include <stdint.h>

/* What weight_average_step does on step t, from 1. */
float weight_average_weight(double decay, uint64_t t);

/* w := w + (1 - d) (p - w), weight = 1 - d. touched[words]: rows of the embedding that have moved at some
 * time; the others of w are those of p, and stay. */
void weight_average_step(params *w, const params *p, const unsigned char *touched, float weight,
                         pool *threads);

#endif
