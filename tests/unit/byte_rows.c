/* SPDX-License-Identifier: Apache-2.0 */
/* lib/tensor/byte_rows against the definition, to the last bit. With a sanitizer, a read beyond the matrix is
 * found too. */
#include "tensor/byte_rows.h"

#include "base/mem.h"
#include "base/rng.h"
#include "tap.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The rows of a random subset, in random order; always the last one. */
static size_t choose(int32_t *at, float *x, size_t rows, rng *r)
{
    size_t n = 0;
    for (size_t i = 0; i < rows; i++)
        if (i + 1 == rows || rng_below(r, 2)) {
            at[n] = (int32_t)i;
            x[n++] = rng_normal(r);
        }
    for (size_t i = n; i > 1; i--) {
        const size_t k = rng_below(r, (uint32_t)i);
        const int32_t row = at[k];
        at[k] = at[i - 1];
        at[i - 1] = row;
    }
    return n;
}

static bool is_sum(const float *sum, byte_rows A, const int32_t *at, const float *x, size_t n)
{
    for (size_t k = 0; k < A.cols; k++) {
        volatile float expected = 0, product; /* each is rounded */
        for (size_t i = 0; i < n; i++) {
            product = x[i] * (float)A.data[(size_t)at[i] * A.cols + k];
            expected = expected + product;
        }
        const float is = expected;
        if (memcmp(&is, &sum[k], sizeof is) != 0)
            return false;
    }
    return true;
}

static void check(size_t rows, size_t cols, rng *r)
{
    int8_t *data = malloc(rows * cols); /* the exact size */
    float *sum = mem_array(byte_rows_room(cols), sizeof *sum), *x = mem_array(rows, sizeof *x),
          *weight = mem_array(rows, sizeof *weight);
    int32_t *at = mem_array(rows, sizeof *at);
    const byte_rows A = {data, rows, cols};
    for (size_t i = 0; i < rows * cols; i++)
        data[i] = (int8_t)((int)rng_below(r, 255) - 127);
    bool good = true;
    for (int i = 0; i < 5; i++) {
        const size_t n = choose(at, x, rows, r);
        for (size_t k = 0; k < n; k++)
            weight[at[k]] = x[k];
        byte_rows_sum(sum, A, at, x, n);
        good &= is_sum(sum, A, at, x, n);
        for (size_t k = 0; k < n; k++) { /* each row once, with its weight */
            good &= weight[at[k]] == x[k];
            weight[at[k]] = NAN;
        }
    }
    byte_rows_sum(sum, A, at, x, 0);
    good &= is_sum(sum, A, at, x, 0);
    ok(good, "%zu rows of %zu", rows, cols);
    free(data);
    mem_free(sum);
    mem_free(x);
    mem_free(at);
    mem_free(weight);
}

int main(void)
{
    static const size_t cols[] = {1, 2, 12, 15, 16, 17, 23, 32, 37, 48, 49, 63, 64, 65, 300, 1024};
    rng r;
    rng_seed(&r, 1, 0, 0);
    for (size_t i = 0; i < sizeof cols / sizeof *cols; i++) {
        check(1, cols[i], &r);
        check(7, cols[i], &r);
        check(100, cols[i], &r);
    }
    return tap_done();
}
