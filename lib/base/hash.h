/* SPDX-License-Identifier: Apache-2.0 */
/* MurmurHash3_x64_128 (Appleby, public domain) with seed 0: quick and well spread, the same
 * in every run and on every machine. It is no protection against someone who makes strings collide. */
#ifndef ECAN_BASE_HASH_H
#define ECAN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 128 bits of n bytes, in the order of the reference: "" gives {0, 0}. */
void hash128(uint64_t h[2], const void *data, size_t n);

#endif
