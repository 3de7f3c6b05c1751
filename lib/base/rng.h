/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: xoshiro256++ (Blackman and Vigna, 2019), seeded with splitmix64.
 *
 * The whole state is four words, so that a checkpoint can store it. Generators for (seed, a, b) and (seed,
 * a, b+1) are independent: the numbers do not depend on which thread draws them. */
#ifndef ECAN_BASE_RNG_H
#define ECAN_BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct rng {
    uint64_t s[4];
} rng;

void rng_seed(rng *r, uint64_t seed, uint64_t a, uint64_t b);
uint64_t rng_next(rng *r); /* 64 random bits */
/* bits[n] is filled with the halves of the next n / 2 words, the lower half first. n is even. */
void rng_fill(rng *r, uint32_t *bits, size_t n);
uint32_t rng_below(rng *r, uint32_t n); /* uniform in 0 .. n-1, without bias; n > 0 */
float rng_uniform(rng *r);              /* uniform in [0, 1), multiples of 2^-24 */
float rng_normal(rng *r);               /* mean 0, variance 1 */
void rng_shuffle(rng *r, int32_t *v, int32_t n);

#endif
