/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers drawn by weight, in the same time however many there are: Walker's alias method (1977), in Vose's
 * form (1991). */
#ifndef ECAN_TRAIN_SAMPLER_H
#define ECAN_TRAIN_SAMPLER_H

#include "base/rng.h"

#include <stdint.h>

typedef struct sampler {
    int32_t n;
    struct urn {
        uint32_t keep; /* the urn's own number is taken when 32 random bits are less, else the other */
        int32_t other;
    } * urns; /* [n], owned */
} sampler;

/* For numbers i = 0 .. n-1 with probability proportional to weight[i] > 0; weight is used up. 0 or -1. */
int sampler_init(sampler *s, double *weight, int32_t n);
void sampler_free(sampler *s);

static inline int32_t sampler_draw(const sampler *s, rng *r)
{
    uint64_t bits = rng_next(r);
    const struct urn *u = &s->urns[(bits >> 32) * (uint32_t)s->n >> 32];
    return (uint32_t)bits < u->keep ? (int32_t)(u - s->urns) : u->other;
}

#endif
