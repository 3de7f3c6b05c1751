/* SPDX-License-Identifier: Apache-2.0 */
/* The binary tree of Huffman codes (Huffman, 1952), in which frequent words have short codes. It is the tree
 * of word2vec.c.
 *
 * The n words are the leaves 0 .. n-1. The n-1 inner nodes are numbered in order of creation. The root is the
 * last. */
#ifndef ECAN_TRAIN_HUFFMAN_H
#define ECAN_TRAIN_HUFFMAN_H

#include <stdint.h>

typedef struct huffman {
    int32_t n;
    int32_t
        *parent;  /* [2n-1] parent, an inner node, of leaf i or of inner node i - n; -1 for the root; owned */
    uint8_t *bit; /* [2n-1] bit of the branch from the parent: 1 for the child with the larger count; owned */
    int32_t longest; /* number of bits of the longest code */
} huffman;

/* count[n] is in descending order, each > 0. 0, or -1: out of memory. */
int huffman_init(huffman *h, const int64_t *count, int32_t n);
void huffman_free(huffman *h);

#endif
