/* After smhasher's MurmurHash3.cpp; the tail is read as a block filled up with zeros, which is what
 * the switch there amounts to. */
#include "base/hash.h"

#include <string.h>

static const uint64_t c1 = 0x87c37b91114253d5, c2 = 0x4cf5ad432745937f;

static uint64_t rotate(uint64_t x, int r)
{
    return x << r | x >> (64 - r);
}

static uint64_t little_endian(const unsigned char *p)
{
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--)
        x = x << 8 | p[i];
    return x;
}

static uint64_t finish(uint64_t x)
{
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

/* One block of 16 bytes into h, without the mixing of the two halves that follows a whole block. */
static void take(uint64_t h[2], const unsigned char *block)
{
    h[0] ^= rotate(little_endian(block) * c1, 31) * c2;
    h[1] ^= rotate(little_endian(block + 8) * c2, 33) * c1;
}

void hash128(uint64_t h[2], const void *data, size_t n)
{
    const unsigned char *p = data;
    size_t left = n;
    h[0] = h[1] = 0;
    for (; left >= 16; p += 16, left -= 16) {
        uint64_t k[2] = {0, 0};
        take(k, p);
        h[0] = (rotate(h[0] ^ k[0], 27) + h[1]) * 5 + 0x52dce729;
        h[1] = (rotate(h[1] ^ k[1], 31) + h[0]) * 5 + 0x38495ab5;
    }
    unsigned char tail[16] = {0};
    if (left > 0)
        memcpy(tail, p, left);
    take(h, tail);

    h[0] ^= n, h[1] ^= n;
    h[0] += h[1], h[1] += h[0];
    h[0] = finish(h[0]), h[1] = finish(h[1]);
    h[0] += h[1], h[1] += h[0];
}
