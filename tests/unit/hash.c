/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a second implementation (Python, written from the description); the sentence's is also the
 * published one. */
#include "base/hash.h"
#include "tap.h"

#include <stdbool.h>
#include <string.h>

static void check(const char *s, size_t n, uint64_t a, uint64_t b)
{
    uint64_t h[2];
    hash128(h, s, n);
    ok(h[0] == a && h[1] == b, "%zu bytes", n);
}

/* The hashes of every length from 0 to `longest`, in one number for each half. */
static void lengths(void (*hash)(uint64_t h[2], const void *data, size_t n), size_t longest, uint64_t a,
                    uint64_t b)
{
    unsigned char text[200];
    uint64_t h[2], all[2] = {0, 0};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (unsigned char)(i * 37 + 1);
    for (size_t n = 0; n <= longest; n++) {
        hash(h, text, n);
        all[0] = all[0] * 31 + h[0];
        all[1] = all[1] * 31 + h[1];
    }
    ok(all[0] == a && all[1] == b, "0 to %zu bytes", longest);
}

/* Every bit counts: those of the chains, and those of the bytes that are left over. */
static void every_bit(void)
{
    unsigned char text[200] = {0};
    uint64_t h[2], other[2];
    bool differ = true;
    hash_wide(h, text, sizeof text);
    for (size_t bit = 0; bit < 8 * sizeof text; bit++) {
        text[bit / 8] ^= (unsigned char)(1 << bit % 8);
        hash_wide(other, text, sizeof text);
        differ &= memcmp(h, other, sizeof h) != 0;
        text[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    ok(differ, "hash_wide: each bit of 200 bytes changes it");
}

/* What follows the string does not count. */
static void padded(void)
{
    unsigned char text[40 + HASH_PADDING];
    bool same = true;
    memset(text, 0xa5, sizeof text);
    for (size_t n = 0; n <= 40; n++) {
        uint64_t h[2];
        hash128(h, text, n);
        same &= hash128_padded(text, n) == h[0];
    }
    ok(same, "hash128_padded of 0 to 40 bytes");
}

/* The bytes are the same on machines with another order of bytes. */
static void of_pairs(void)
{
    enum { N = 37 };
    uint64_t a[N], b[N], together[N];
    bool same = true;
    for (size_t i = 0; i < N; i++) {
        a[i] = 0x0123456789abcdef * (i + 1);
        b[i] = i % 3 ? 0xfedcba9876543210 ^ i << 40 : 0;
    }
    hash128_pairs(together, a, b, N);
    for (size_t i = 0; i < N; i++) {
        unsigned char bytes[16];
        uint64_t h[2], one;
        for (int k = 0; k < 8; k++) {
            bytes[k] = (unsigned char)(a[i] >> 8 * k);
            bytes[8 + k] = (unsigned char)(b[i] >> 8 * k);
        }
        hash128(h, bytes, sizeof bytes);
        hash128_pairs(&one, &a[i], &b[i], 1);
        same &= together[i] == h[0] && one == h[0];
    }
    ok(same, "hash128_pairs of %d pairs", N);
}

int main(void)
{
    static const char pairs[] = "\0\377\0\377\0\377\0\377\0\377\0\377\0\377\0\377\0\377\0\377\0\377";
    static const char fox[] = "The quick brown fox jumps over the lazy dog";
    check("", 0, 0, 0);
    check(NULL, 0, 0, 0);
    check("a", 1, 0x85555565f6597889, 0xe6b53a48510e895a);
    check("hello", 5, 0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19);
    check("0123456789abcdef", 16, 0x4be06d94cf4ad1a7, 0x87c35b5c63a708da);
    check(pairs, 22, 0xfecb68ea7161a082, 0x9410dab8744a6f98);
    check(fox, strlen(fox), 0xe34bbc7bbc071b6c, 0x7a433ca9c49a9347);
    lengths(hash128, 40, 0x38059607ed07858f, 0x1b3adf561751a2e9);
    lengths(hash_wide, 200, 0xa98d0944c9c617f3, 0xe18484a33c892233);
    every_bit();
    padded();
    of_pairs();
    return tap_done();
}
