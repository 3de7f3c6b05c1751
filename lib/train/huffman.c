/* SPDX-License-Identifier: Apache-2.0 */
#include "train/huffman.h"

#include "base/mem.h"

/* Removes and returns the node with the smaller count: the next leaf, in ascending order of count, or the
 * next inner node. Of equal counts it is the inner node. */
static int32_t pop_smaller(int32_t *leaf, int32_t *inner, const int64_t *count)
{
    return *leaf >= 0 && count[*leaf] < count[*inner] ? (*leaf)-- : (*inner)++;
}

static int32_t longest_code(const huffman *h)
{
    int32_t longest = 0;
    for (int32_t word = 0; word < h->n; word++) {
        int32_t bits = 0;
        for (int32_t node = h->parent[word]; node >= 0; node = h->parent[h->n + node])
            bits++;
        longest = bits > longest ? bits : longest;
    }
    return longest;
}

/* Joins the two smallest trees until one is left. Inner nodes are created in ascending order of count, so
 * leaves and inner nodes are two sorted queues. */
int huffman_init(huffman *h, const int64_t *count, int32_t n)
{
    size_t words = n, nodes = 2 * words - 1;
    *h = (huffman){.n = n, .parent = mem_array(nodes, sizeof *h->parent), .bit = mem_array(nodes, 1)};
    int64_t *sum = mem_array(nodes, sizeof *sum);
    if (h->parent == NULL || h->bit == NULL || sum == NULL) {
        mem_free(sum);
        return -1;
    }
    for (size_t i = 0; i < nodes; i++)
        sum[i] = i < words ? count[i] : INT64_MAX; /* not created yet */
    int32_t leaf = n - 1, inner = n;
    for (int32_t node = 0; node < n - 1; node++) {
        int32_t a = pop_smaller(&leaf, &inner, sum), b = pop_smaller(&leaf, &inner, sum);
        sum[n + node] = sum[a] + sum[b];
        h->parent[a] = h->parent[b] = node;
        h->bit[b] = 1;
    }
    h->parent[nodes - 1] = -1;
    mem_free(sum);
    h->longest = longest_code(h);
    return 0;
}

void huffman_free(huffman *h)
{
    mem_free(h->parent);
    mem_free(h->bit);
    *h = (huffman){0};
}
