/* SPDX-License-Identifier: Apache-2.0 */
/* The ids that were seen, to refuse a record that comes twice. Not the ids are kept but 128 bits of hash
 * of each, 16 bytes whatever their length. The table is between 3/8 and 3/4 full: 21 to 43 bytes an
 * id, and half as much again for the moment in which it grows.
 *
 * That two different ids among n have the same hash has the chance n*n / 2^129: 10^-21 for a billion. */
#ifndef ECAN_BASE_IDSET_H
#define ECAN_BASE_IDSET_H

#include <stddef.h>
#include <stdint.h>

typedef struct idset {
    uint64_t (*slots)[2]; /* {0, 0} is free */
    size_t n_slots, n;
} idset;

/* 1: new, and now in the set. 0: seen before. -1: out of memory, set unchanged.
 * A zeroed struct is an empty set. */
int idset_add(idset *set, const char *s, size_t n);

void idset_free(idset *set); /* and leaves it empty */

#endif
