/* SPDX-License-Identifier: Apache-2.0 */
/* MurmurHash3_x64_128 (Appleby, public domain) with seed 0. It is fast and well distributed, and gives the
 * same values in every run and on every machine. It does not resist deliberate collisions. */
#ifndef ECAN_BASE_HASH_H
#define ECAN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The 128-bit hash of n bytes, words in the order of the reference implementation: "" gives {0, 0}. Fills
 * h. */
void hash128(uint64_t h[2], const void *data, size_t n);

/* h[0] of hash128, faster for less than 16 bytes. HASH_PADDING bytes from data + n on must be readable. */
#define HASH_PADDING 16
uint64_t hash128_padded(const void *data, size_t n);

/* h[i] := h[0] of hash128 of first[i] and second[i], 8 bytes each, little-endian, i < n; several at once. */
void hash128_pairs(uint64_t *h, const uint64_t *first, const uint64_t *second, size_t n);

/* Another hash of n bytes, as fast as memory is read. It is hash128 of the results of eight independent
 * chains of 64-bit words, of the remaining bytes and of n. Every change of a single word changes the hash. */
void hash_wide(uint64_t h[2], const void *data, size_t n);

#endif
