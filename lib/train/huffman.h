/* SPDX-License-Identifier: Apache-2.0 */
/* The binary tree in which frequent words have short codes (Huffman 1952), as word2vec.c builds it.
 *
 * The n words are its leaves, numbered 0 .. n-1; its n-1 inner nodes are numbered in the order in which they
 * are made, the root last. */
#ifndef ECAN_TRAIN_HUFFMAN_H
#define ECAN_TRAIN_HUFFMAN_H

#include <stdint.h>

typedef struct huffman {
    int32_t n;
    int32_t *parent; /* [2n-1] inner node above the leaf i, or above the inner node i - n; -1 above the root;
                        owned */
    uint8_t *bit;    /* [2n-1] of the branch to it: 0 the smaller count of two, 1 the larger; owned */
    int32_t longest; /* bits of the longest code */
} huffman;

/* For words by falling count (each > 0). 0 or -1. */
int huffman_init(huffman *h, const int64_t *count, int32_t n);
void huffman_free(huffman *h);

#endif
