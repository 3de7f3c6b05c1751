/* SPDX-License-Identifier: Apache-2.0 */
/* A sum of arrays in a fixed order, which does not depend on who computes the arrays, and when.
 *
 * The arrays are the leaves of a binary tree. The sum of a node is that of its left child plus that of its
 * right child; a node with one child has the sum of this child. Leaves may be added from several threads in
 * any order. The thread that completes a node adds its children and continues with the parent. If the leaves
 * are added in order, at most one array for each level exists at a time. */
#ifndef ECAN_TRAIN_SUM_TREE_H
#define ECAN_TRAIN_SUM_TREE_H

#include "base/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SUM_TREE_LEVELS = 6, SUM_TREE_LEAVES = 1 << SUM_TREE_LEVELS };

typedef struct sum_tree {
    size_t room;       /* floats that an array can have */
    size_t n, cleared; /* floats that are summed; those that sum_tree_array() clears, at its beginning */
    pool *threads;     /* borrowed; NULL: each addition is made by the thread that completes the node */
    pthread_mutex_t lock;
    float *spare[SUM_TREE_LEAVES]; /* [n_spare] arrays without a node; owned */
    size_t n_spare;
    uint64_t leaves;                                   /* the leaves that are added, a bit each */
    float *node[SUM_TREE_LEVELS + 1][SUM_TREE_LEAVES]; /* complete nodes; owned */
} sum_tree;

/* With threads, additions are divided among them, and all functions must be called by one thread. */
void sum_tree_init(sum_tree *t, size_t n, size_t cleared, pool *threads);
void sum_tree_free(sum_tree *t);

/* Sets the number of floats of the next sums, at most that of sum_tree_init(). */
void sum_tree_resize(sum_tree *t, size_t n);

/* Begins a sum of these leaves, at least one, a bit each. If some of them are added by another process, nodes
 * are complete up to those of sum_tree_tops(). */
void sum_tree_begin(sum_tree *t, uint64_t leaves);

/* An array for a leaf, which sum_tree_add() takes. NULL: out of memory. */
float *sum_tree_array(sum_tree *t);
/* Adds the array of a leaf. */
void sum_tree_add(sum_tree *t, size_t leaf, float *array);

/* The sum, after all leaves were added here. Borrowed, until the next sum begins. */
float *sum_tree_sum(const sum_tree *t);

/* A node whose leaves are all among those of one process, and whose parent has others. */
typedef struct sum_tree_node {
    int level;
    size_t index;
} sum_tree_node;

enum { SUM_TREE_TOPS = 2 * SUM_TREE_LEVELS };

/* The nodes that a process completes if it adds the leaves `own`, which follow each other among `leaves`,
 * from left to right. Returns their number. */
size_t sum_tree_tops(sum_tree_node tops[SUM_TREE_TOPS], uint64_t leaves, uint64_t own);

/* The leaves below a node. */
uint64_t sum_tree_leaves(sum_tree_node node);

#endif
