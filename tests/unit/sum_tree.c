/* SPDX-License-Identifier: Apache-2.0 */
/* lib/train/sum_tree: the sum is that of the tree, whatever the order of the leaves, and takes few arrays if
 * they are added in order. */
#include "train/sum_tree.h"

#include "base/pool.h"

#include "numbers.h"
#include "tap.h"

#include <string.h>

enum { N = 5 };

static rng random_numbers;
static float leaf[SUM_TREE_LEAVES][N];

/* The definition. Returns whether the node has leaves. */
static int plain(float *sum, uint64_t leaves, size_t first, size_t n)
{
    float right[N];
    if (n == 1) {
        memcpy(sum, leaf[first], sizeof right);
        return leaves >> first & 1;
    }
    if (!plain(sum, leaves, first, n / 2))
        return plain(sum, leaves, first + n / 2, n / 2);
    if (plain(right, leaves, first + n / 2, n / 2))
        for (int i = 0; i < N; i++)
            sum[i] += right[i];
    return 1;
}

typedef struct job {
    sum_tree *t;
    size_t order[SUM_TREE_LEAVES];
} job;

static void add(void *context, size_t task, size_t worker)
{
    (void)worker;
    job *j = context;
    float *array = sum_tree_array(j->t);
    if (!array)
        return;
    memcpy(array, leaf[j->order[task]], sizeof leaf[0]);
    sum_tree_add(j->t, j->order[task], array);
}

/* Adds the leaves in random order with three threads, or in order with one. */
static void sum_leaves(sum_tree *t, uint64_t leaves, int threads)
{
    job j = {.t = t};
    size_t n = 0;
    for (size_t i = 0; i < SUM_TREE_LEAVES; i++)
        if (leaves >> i & 1)
            j.order[n++] = i;
    for (size_t i = n; threads > 1 && i > 1; i--) {
        const size_t k = rng_below(&random_numbers, (uint32_t)i), last = j.order[i - 1];
        j.order[i - 1] = j.order[k];
        j.order[k] = last;
    }
    pool *workers = pool_new(threads);
    sum_tree_begin(t, leaves);
    pool_run(workers, add, &j, n);
    pool_free(workers);
}

int main(void)
{
    enum { ROUNDS = 200 };
    sum_tree t;
    float sum[N];
    int same[2] = {0};
    rng_seed(&random_numbers, 1, 2, 3);
    sum_tree_init(&t, N, N, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t leaves = 0;
        for (size_t i = 0; i < SUM_TREE_LEAVES; i++) {
            fill(leaf[i], N, &random_numbers);
            if (rng_below(&random_numbers, (uint32_t)round / 20 + 1) == 0)
                leaves |= (uint64_t)1 << i;
        }
        leaves |= (uint64_t)1 << rng_below(&random_numbers, SUM_TREE_LEAVES);
        plain(sum, leaves, 0, SUM_TREE_LEAVES);
        for (int threads = 1; threads <= 3; threads += 2) {
            sum_leaves(&t, leaves, threads);
            same[threads > 1] += memcmp(sum_tree_sum(&t), sum, sizeof sum) == 0;
        }
    }
    ok(same[0] == ROUNDS, "leaves in order: %d of %d sums are those of the tree", same[0], ROUNDS);
    ok(same[1] == ROUNDS, "three threads, any order: %d of %d", same[1], ROUNDS);
    sum_tree_free(&t);

    pool *threads = pool_new(2);
    sum_tree_init(&t, N, N, threads);
    sum_leaves(&t, ~(uint64_t)0, 1);
    plain(sum, ~(uint64_t)0, 0, SUM_TREE_LEAVES);
    ok(memcmp(sum_tree_sum(&t), sum, sizeof sum) == 0,
       "additions divided among threads: the sum of the tree");
    sum_tree_begin(&t, 1);
    ok(t.n_spare == SUM_TREE_LEVELS + 1, "64 leaves in order: %zu arrays", t.n_spare);
    sum_tree_free(&t);
    pool_free(threads);
    return tap_done();
}
