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

/* Another hash of n bytes, at the speed of memory: eight chains of 64-bit words that do not wait for each
 * other, and hash128 of their ends, of the bytes left over and of n. Every change of one word changes it. */
void hash_wide(uint64_t h[2], const void *data, size_t n);

#endif
