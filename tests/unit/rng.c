/* SPDX-License-Identifier: Apache-2.0 */
/* Expected words: xoshiro256++ of {1, 2, 3, 4} as its authors' C code and others' tests have it; splitmix64
 * of 0 as published; the rest from a second implementation in Python. */
#include "base/rng.h"
#include "tap.h"

#include <math.h>
#include <string.h>

static void reference(void)
{
    static const uint64_t expected[] = {41943041, 58720359, 3588806011781223, 3591011842654386,
                                        9228616714210784205u};
    rng r = {{1, 2, 3, 4}};
    int right = 1;
    for (int i = 0; i < 5; i++)
        right &= rng_next(&r) == expected[i];
    ok(right, "xoshiro256++");

    static const uint64_t zero[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f,
                                    0xf88bb8a8724c81ec};
    static const uint64_t other[] = {0x05b1bd8ea3a4848e, 0x047888b4f49a41c7, 0xbb80bef07894eb90,
                                     0x870a6b6cc135ea40};
    rng_seed(&r, 0, 0, 0);
    ok(memcmp(r.s, zero, sizeof zero) == 0, "splitmix64 fills the state");
    rng_seed(&r, 42, 3, 7);
    ok(memcmp(r.s, other, sizeof other) == 0 && rng_next(&r) == 0x83642ac60aeae2a2, "seed 42, a 3, b 7");
}

static void filled(void)
{
    uint32_t bits[10];
    rng a, b;
    rng_seed(&a, 4, 5, 6);
    b = a;
    int right = 1;
    rng_fill(&a, bits, 0);
    rng_fill(&a, bits, 10);
    for (int i = 0; i < 10; i += 2)
        right &= rng_next(&b) == (bits[i] | (uint64_t)bits[i + 1] << 32);
    ok(right && memcmp(&a, &b, sizeof a) == 0, "words in halves, and the state after them");
}

static void streams_differ(void)
{
    rng r[5];
    rng_seed(&r[0], 1, 0, 0), rng_seed(&r[1], 0, 1, 0), rng_seed(&r[2], 0, 0, 1);
    rng_seed(&r[3], 1, 2, 3), rng_seed(&r[4], 1, 3, 2);
    int distinct = 1;
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            distinct &= memcmp(&r[i], &r[j], sizeof r[i]) != 0;
    ok(distinct, "seed, a and b each count, and their order");
}

static void below(void)
{
    enum { SIDES = 6, THROWS = 60000 };
    rng r;
    int count[SIDES] = {0}, inside = 1;
    rng_seed(&r, 5, 0, 0);
    for (int i = 0; i < THROWS; i++) {
        uint32_t x = rng_below(&r, SIDES);
        inside &= x < SIDES;
        count[x % SIDES]++;
    }
    double chi2 = 0, expected = THROWS / (double)SIDES;
    for (int i = 0; i < SIDES; i++)
        chi2 += (count[i] - expected) * (count[i] - expected) / expected;
    ok(inside && chi2 < 20.5, "rng_below is uniform (chi2 %.1f, 5 degrees: 20.5 is one in a thousand)", chi2);
    ok(rng_below(&r, 1) == 0, "one number to choose from");

    /* 3 * 2^30 of 2^32: without drawing again, every third number would come twice as often as the others */
    int third = 0;
    for (int i = 0; i < THROWS; i++)
        third += rng_below(&r, 3u << 30) % 3 == 0;
    ok(fabs(third / (double)THROWS - 1 / 3.) < 0.01, "unbiased for large n (%.3f)", third / (double)THROWS);
}

static void floats(void)
{
    enum { N = 200000 };
    rng r;
    rng_seed(&r, 9, 0, 0);
    double sum = 0, sum2 = 0, sum4 = 0;
    int inside = 1;
    for (int i = 0; i < N; i++) {
        float u = rng_uniform(&r);
        inside &= u >= 0 && u < 1 && u * 0x1p24f == floorf(u * 0x1p24f);
        sum += u;
    }
    ok(inside && fabs(sum / N - 0.5) < 0.003, "rng_uniform is in [0, 1), mean %.4f", sum / N);
    sum = 0;
    for (int i = 0; i < N; i++) {
        double x = rng_normal(&r);
        sum += x;
        sum2 += x * x;
        sum4 += x * x * x * x;
    }
    ok(fabs(sum / N) < 0.01 && fabs(sum2 / N - 1) < 0.02 && fabs(sum4 / N - 3) < 0.15,
       "rng_normal: mean %.4f, variance %.4f, fourth moment %.3f", sum / N, sum2 / N, sum4 / N);
}

static void shuffle(void)
{
    enum { N = 4, ORDERS = 24, TIMES = 24000 };
    int count[256] = {0}, orders = 0, least = TIMES, most = 0;
    rng r;
    rng_seed(&r, 11, 0, 0);
    for (int i = 0; i < TIMES; i++) {
        int32_t v[N] = {0, 1, 2, 3};
        rng_shuffle(&r, v, N);
        count[v[0] * 64 + v[1] * 16 + v[2] * 4 + v[3]]++;
    }
    for (int i = 0; i < 256; i++)
        if (count[i] > 0) {
            orders++;
            least = count[i] < least ? count[i] : least;
            most = count[i] > most ? count[i] : most;
        }
    ok(orders == ORDERS && least > 850 && most < 1150, "all %d orders come alike (%d .. %d of 1000)", orders,
       least, most);
    int32_t one = 7;
    rng_shuffle(&r, &one, 1);
    rng_shuffle(&r, NULL, 0);
    ok(one == 7, "one thing, and none");
}

int main(void)
{
    reference();
    filled();
    streams_differ();
    below();
    floats();
    shuffle();
    return tap_done();
}
