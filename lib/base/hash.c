/* SPDX-License-Identifier: Apache-2.0 */
/* Follows smhasher's MurmurHash3.cpp. The tail is read as a block padded with zeros, which is equivalent
 * to the switch statement of the original. */
#include "base/hash.h"

#include "base/little_endian.h"
#include "base/vectorised.h"

#include <stdbool.h>
#include <string.h>

static const uint64_t c1 = 0x87c37b91114253d5, c2 = 0x4cf5ad432745937f;

INLINE uint64_t rotate(uint64_t x, int r)
{
    return x << r | x >> (64 - r);
}

static uint64_t read8(const unsigned char *p)
{
    return load_le64(p);
}

static uint64_t read4(const unsigned char *p)
{
    return load_le32(p);
}

/* n < 8 bytes, padded with zeros. Uses two or three reads that may overlap. */
static uint64_t read_few(const unsigned char *p, size_t n)
{
    if (n >= 4)
        return read4(p) | read4(p + n - 4) << 8 * (n - 4);
    return n == 0 ? 0 : p[0] | (uint64_t)p[n / 2] << 8 * (n / 2) | (uint64_t)p[n - 1] << 8 * (n - 1);
}

INLINE uint64_t finish(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

/* Adds up to 16 bytes to h, without the mixing of the two halves that follows a whole block. */
INLINE void absorb(uint64_t h[2], uint64_t low, uint64_t high)
{
    h[0] ^= rotate(low * c1, 31) * c2;
    h[1] ^= rotate(high * c2, 33) * c1;
}

/* A whole block. */
INLINE void absorb_block(uint64_t h[2], uint64_t low, uint64_t high)
{
    uint64_t k[2] = {0, 0};
    absorb(k, low, high);
    h[0] = (rotate(h[0] ^ k[0], 27) + h[1]) * 5 + 0x52dce729;
    h[1] = (rotate(h[1] ^ k[1], 31) + h[0]) * 5 + 0x38495ab5;
}

INLINE void end128(uint64_t h[2], size_t n)
{
    h[0] ^= n, h[1] ^= n;
    h[0] += h[1], h[1] += h[0];
    h[0] = finish(h[0]), h[1] = finish(h[1]);
    h[0] += h[1], h[1] += h[0];
}

void hash128(uint64_t h[2], const void *data, size_t n)
{
    const unsigned char *p = data;
    size_t left = n;
    h[0] = h[1] = 0;
    for (; left >= 16; p += 16, left -= 16)
        absorb_block(h, read8(p), read8(p + 8));
    if (left >= 8)
        absorb(h, read8(p), read_few(p + 8, left - 8));
    else
        absorb(h, read_few(p, left), 0);

    end128(h, n);
}

/* The first n bytes of x. */
static uint64_t first_bytes(uint64_t x, size_t n)
{
    return n == 0 ? 0 : x << (64 - 8 * n) >> (64 - 8 * n);
}

uint64_t hash128_padded(const void *data, size_t n)
{
    uint64_t h[2] = {0, 0};
    if (n >= 16) {
        hash128(h, data, n);
        return h[0];
    }
    const uint64_t low = read8(data), high = read8((const unsigned char *)data + 8);
    absorb(h, first_bytes(low, n < 8 ? n : 8), first_bytes(high, n < 8 ? 0 : n - 8));
    end128(h, n);
    return h[0];
}

VECTORISED void hash128_pairs(uint64_t *restrict h, const uint64_t *first, const uint64_t *second, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t of[2] = {0, 0};
        absorb_block(of, first[i], second[i]);
        end128(of, 16);
        h[i] = of[0];
    }
}

#define LANES 8
#define WIDE  (LANES * sizeof(uint64_t))

#define PREFETCH_DISTANCE 8192 /* bytes; the processor itself stops at the end of a page of 4 KiB */

/* Adds n / WIDE * WIDE bytes. The chains are in registers: in memory they would wait for their stores. */
static void absorb_wide(uint64_t lane[LANES], const unsigned char *p, size_t n)
{
    uint64_t a[LANES];
    memcpy(a, lane, sizeof a);
    for (const unsigned char *end = p + n / WIDE * WIDE; p < end; p += WIDE) {
        __builtin_prefetch((const void *)((uintptr_t)p + PREFETCH_DISTANCE), 0, 0);
#pragma GCC unroll 8
        for (size_t i = 0; i < LANES; i++)
            a[i] = rotate((a[i] ^ read8(p + i * sizeof *a)) * c1, 31);
    }
    memcpy(lane, a, sizeof a);
}

/* The same with all chains in one register. Other instruction sets have no product of 64-bit integers. */
#if defined(__x86_64__)
typedef uint64_t all_lanes __attribute__((vector_size(WIDE)));

__attribute__((target("avx512f,avx512dq"))) static void absorb_avx512(uint64_t lane[LANES],
                                                                      const unsigned char *p, size_t n)
{
    all_lanes a, x;
    memcpy(&a, lane, sizeof a);
    for (const unsigned char *end = p + n / WIDE * WIDE; p < end; p += WIDE) {
        __builtin_prefetch((const void *)((uintptr_t)p + PREFETCH_DISTANCE), 0, 0);
        memcpy(&x, p, sizeof x);
        a = (a ^ x) * c1;
        a = a << 31 | a >> 33;
    }
    memcpy(lane, &a, sizeof a);
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
}
#else
#define absorb_avx512 absorb_wide

static bool has_avx512(void)
{
    return false;
}
#endif

void hash_wide(uint64_t h[2], const void *data, size_t n)
{
    struct {
        uint64_t lane[LANES];
        unsigned char rest[WIDE];
        uint64_t n;
    } end = {.n = htole64(n)};
    for (uint64_t i = 0; i < LANES; i++)
        end.lane[i] = (i + 1) * c2;
    (has_avx512() ? absorb_avx512 : absorb_wide)(end.lane, data, n);
    for (size_t i = 0; i < LANES; i++)
        end.lane[i] = htole64(end.lane[i]);
    memcpy(end.rest, (const unsigned char *)data + n / WIDE * WIDE, n % WIDE);
    hash128(h, &end, sizeof end);
}
