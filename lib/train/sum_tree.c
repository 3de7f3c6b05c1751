/* SPDX-License-Identifier: Apache-2.0 */
#include "train/sum_tree.h"

#include "base/mem.h"
#include "tensor/ops.h"

#include <string.h>

void sum_tree_init(sum_tree *t, size_t n, size_t cleared, pool *threads)
{
    *t = (sum_tree){.room = n, .n = n, .cleared = cleared, .threads = threads};
    pthread_mutex_init(&t->lock, NULL);
}

static void make_spare(sum_tree *t, float *array)
{
    t->spare[t->n_spare++] = array;
}

static void clear_nodes(sum_tree *t)
{
    for (int level = 0; level <= SUM_TREE_LEVELS; level++)
        for (size_t i = 0; i < (size_t)SUM_TREE_LEAVES >> level; i++)
            if (t->node[level][i]) {
                make_spare(t, t->node[level][i]);
                t->node[level][i] = NULL;
            }
}

void sum_tree_free(sum_tree *t)
{
    clear_nodes(t);
    while (t->n_spare > 0)
        mem_free(t->spare[--t->n_spare]);
    pthread_mutex_destroy(&t->lock);
}

void sum_tree_resize(sum_tree *t, size_t n)
{
    t->n = n;
}

void sum_tree_begin(sum_tree *t, uint64_t leaves)
{
    clear_nodes(t);
    t->leaves = leaves;
}

float *sum_tree_array(sum_tree *t)
{
    pthread_mutex_lock(&t->lock);
    float *array = t->n_spare > 0 ? t->spare[--t->n_spare] : NULL;
    pthread_mutex_unlock(&t->lock);
    if (!array)
        array = mem_room(t->room, sizeof *array);
    if (array)
        memset(array, 0, t->cleared * sizeof *array);
    return array;
}

uint64_t sum_tree_leaves(sum_tree_node node)
{
    const size_t n = (size_t)1 << node.level;
    return ~(uint64_t)0 >> (SUM_TREE_LEAVES - n) << (node.index * n);
}

typedef struct addition {
    float *to;
    const float *from;
    size_t n, slices;
} addition;

static void add_slice(void *context, size_t slice, size_t worker)
{
    (void)worker;
    const addition *a = context;
    const size_t begin = a->n * slice / a->slices, end = a->n * (slice + 1) / a->slices;
    ops_axpy(a->to + begin, 1, a->from + begin, end - begin);
}

static void add(const sum_tree *t, float *to, const float *from)
{
    addition a = {to, from, t->n, t->threads ? pool_size(t->threads) : 1};
    if (t->threads)
        pool_run(t->threads, add_slice, &a, a.slices);
    else
        add_slice(&a, 0, 0);
}

void sum_tree_add(sum_tree *t, size_t leaf, float *array)
{
    size_t i = leaf;
    pthread_mutex_lock(&t->lock);
    for (int level = 0; level < SUM_TREE_LEVELS; level++, i /= 2) {
        const size_t sibling = i ^ 1;
        const uint64_t leaves = sum_tree_leaves((sum_tree_node){level, sibling}) & t->leaves;
        float *other = t->node[level][sibling];
        if (leaves == 0)
            continue;
        if (!other) { /* who completes the sibling continues, here or after an exchange */
            t->node[level][i] = array;
            pthread_mutex_unlock(&t->lock);
            return;
        }
        t->node[level][sibling] = NULL;
        pthread_mutex_unlock(&t->lock);
        add(t, array, other); /* a + b is b + a */
        pthread_mutex_lock(&t->lock);
        make_spare(t, other);
    }
    t->node[SUM_TREE_LEVELS][0] = array;
    pthread_mutex_unlock(&t->lock);
}

float *sum_tree_sum(const sum_tree *t)
{
    return t->node[SUM_TREE_LEVELS][0];
}

static size_t find_tops(sum_tree_node *tops, size_t n, sum_tree_node node, uint64_t leaves, uint64_t own)
{
    const uint64_t below = sum_tree_leaves(node) & leaves;
    if ((below & own) == 0)
        return n;
    if ((below & ~own) == 0) {
        tops[n] = node;
        return n + 1;
    }
    for (size_t child = 0; child < 2; child++)
        n = find_tops(tops, n, (sum_tree_node){node.level - 1, 2 * node.index + child}, leaves, own);
    return n;
}

size_t sum_tree_tops(sum_tree_node tops[SUM_TREE_TOPS], uint64_t leaves, uint64_t own)
{
    return find_tops(tops, 0, (sum_tree_node){SUM_TREE_LEVELS, 0}, leaves, own);
}
