/* SPDX-License-Identifier: Apache-2.0 */
/* A hash table from pairs of numbers to numbers: from an n-gram and the word after it to the longer
 * n-gram. */
#ifndef ECAN_TERMS_PAIR_MAP_H
#define ECAN_TERMS_PAIR_MAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct pair_slot {
    uint64_t key;
    int32_t value; /* -1: free */
} pair_slot;

typedef struct pair_map {
    pair_slot *slots; /* open addressing, at most three quarters full */
    size_t n_slots;
    int32_t n;
} pair_map; /* zeroed before first use */

void pair_map_free(pair_map *m);

/* The number of the pair; -1 if it is not in the table. */
int32_t pair_map_find(const pair_map *m, int32_t first, int32_t second);
/* The number of the pair, which is added if it is new. Pairs are numbered 0, 1, 2, ... in the order in
 * which they are added. -1 with the message set: memory is out, or there are 2^31 pairs. */
int32_t pair_map_add(pair_map *m, int32_t first, int32_t second);

static inline uint64_t pair_key(int32_t first, int32_t second)
{
    return (uint64_t)(uint32_t)first << 32 | (uint32_t)second;
}

static inline int32_t pair_first(uint64_t key)
{
    return (int32_t)(key >> 32);
}

/* Mixes the bits of a key with the finaliser of MurmurHash3. */
static inline uint64_t pair_hash(uint64_t key)
{
    key = (key ^ key >> 33) * 0xff51afd7ed558ccdu;
    key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53u;
    return key ^ key >> 33;
}

/* Prefetches what pair_map_find() reads. */
static inline void pair_map_prefetch(const pair_map *m, int32_t first, int32_t second)
{
    __builtin_prefetch(&m->slots[pair_hash(pair_key(first, second)) & (m->n_slots - 1)]);
}

#endif
