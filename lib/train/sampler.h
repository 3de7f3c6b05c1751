/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers with given weights, in constant time: the alias method (Walker, 1977), in the form of Vose
 * (1991). */
#ifndef ECAN_TRAIN_SAMPLER_H
#define ECAN_TRAIN_SAMPLER_H

#include "base/rng.h"

#include <stdint.h>

typedef struct sampler {
    int32_t n;
    struct column {
        uint32_t keep; /* if 32 random bits are below it, the result is the number of the column */
        int32_t alias; /* otherwise it is the alias */
    } * columns;       /* [n], owned */
} sampler;

/* For the numbers i = 0 .. n-1 with probabilities proportional to weight[i] > 0. Overwrites weight. 0, or -1:
 * out of memory. */
int sampler_init(sampler *s, double *weight, int32_t n);
void sampler_free(sampler *s);

static inline int32_t sampler_draw(const sampler *s, rng *r)
{
    uint64_t bits = rng_next(r);
    const struct column *c = &s->columns[(bits >> 32) * (uint32_t)s->n >> 32];
    return (uint32_t)bits < c->keep ? (int32_t)(c - s->columns) : c->alias;
}

#endif
