/* SPDX-License-Identifier: Apache-2.0 */
/* The generators are those of prng.di.unimi.it (xoshiro256plusplus.c, splitmix64.c; public domain). */
#include "base/rng.h"

#include <math.h>

static uint64_t rotate(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* The finalizer of splitmix64: a bijection that maps 0 to 0. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* For a fixed seed and a, each b starts splitmix64 at a different state. The same holds for seed and for
 * a. */
void rng_seed(rng *r, uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t x = mix(mix(mix(seed) + a) + b);
    for (int i = 0; i < 4; i++)
        r->s[i] = mix(x += 0x9e3779b97f4a7c15);
}

static inline uint64_t next(uint64_t *s)
{
    uint64_t result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t rng_next(rng *r)
{
    return next(r->s);
}

void rng_fill(rng *r, uint32_t *bits, size_t n)
{
    rng here = *r; /* a copy that can stay in registers */
    for (size_t i = 0; i < n; i += 2) {
        const uint64_t word = next(here.s);
        bits[i] = (uint32_t)word;
        bits[i + 1] = (uint32_t)(word >> 32);
    }
    *r = here;
}

/* Lemire (2019), "Fast random integer generation in an interval": the upper half of a product. It draws
 * again in the few cases that would introduce bias. */
uint32_t rng_below(rng *r, uint32_t n)
{
    uint64_t product = (rng_next(r) >> 32) * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = -n % n; /* 2^32 mod n */
        while ((uint32_t)product < threshold)
            product = (rng_next(r) >> 32) * n;
    }
    return (uint32_t)(product >> 32);
}

float rng_uniform(rng *r)
{
    return (float)(rng_next(r) >> 40) * 0x1p-24f;
}

/* Box and Muller (1958): sqrt(-2 ln u) cos(2 pi v), u in (0, 1], v in [0, 1). The second number, with the
 * sine, is not kept, so that the four words are the whole state. */
float rng_normal(rng *r)
{
    double u = (double)((rng_next(r) >> 11) + 1) * 0x1p-53, v = (double)(rng_next(r) >> 11) * 0x1p-53;
    return (float)(sqrt(-2 * log(u)) * cos(2 * 3.14159265358979323846 * v));
}

/* Fisher-Yates shuffle. */
void rng_shuffle(rng *r, int32_t *v, int32_t n)
{
    for (int32_t i = n - 1; i > 0; i--) {
        uint32_t j = rng_below(r, (uint32_t)i + 1);
        int32_t t = v[i];
        v[i] = v[j];
        v[j] = t;
    }
}
