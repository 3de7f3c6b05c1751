/* SPDX-License-Identifier: Apache-2.0 */
#include "model/dropout.h"

#include "base/rng.h"
#include "tensor/ops.h"

/* The streams of random numbers of a document. Block i has stream BLOCKS + i. */
enum { VECTORS = 1, WORDS, BLOCKS };

static rng generator(const dropout *d, int part)
{
    rng r;
    rng_seed(&r, d->seed, ((uint64_t)part << 32) + d->number, d->document);
    return r;
}

/* A random number of 32 bits is below the limit with probability q. */
static uint32_t limit_of(float q)
{
    return (uint32_t)((double)q * 4294967296.0);
}

static void drop_elements(float *X, size_t n, float q, rng r)
{
    enum { CHUNK = 512 };
    uint32_t bits[CHUNK];
    for (size_t i = 0; i < n; i += CHUNK) {
        const size_t m = n - i < CHUNK ? n - i : CHUNK;
        rng_fill(&r, bits, m + m % 2);
        ops_dropout(X + i, bits, limit_of(q), 1 / (1 - q), m);
    }
}

static void drop_rows(float *X, size_t T, size_t E, float q, rng r)
{
    const uint32_t limit = limit_of(q);
    const float scale = 1 / (1 - q);
    for (size_t t = 0; t < T; t++) {
        const float keep = (uint32_t)rng_next(&r) < limit ? 0 : scale;
        for (size_t e = 0; e < E; e++)
            X[t * E + e] *= keep;
    }
}

void dropout_input(float *X, const dropout *d, size_t T, size_t E)
{
    if (d->vectors > 0)
        drop_elements(X, T * E, d->vectors, generator(d, VECTORS));
    if (d->words > 0)
        drop_rows(X, T, E, d->words, generator(d, WORDS));
}

void dropout_hidden(float *H, const dropout *d, int block, size_t T, size_t D)
{
    if (d->hidden > 0)
        drop_elements(H, T * D, d->hidden, generator(d, BLOCKS + block));
}
