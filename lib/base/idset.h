/* SPDX-License-Identifier: Apache-2.0 */
/* A set of ids, used to reject duplicate records. It stores a 128-bit hash of each id instead of the id:
 * 16 bytes whatever the length. The table is between 3/8 and 3/4 full and needs 21 to 43 bytes per id.
 * While it grows it needs half as much again.
 *
 * The probability that two of n different ids have the same hash is n*n / 2^129: 10^-21 for a billion ids.
 */
#ifndef ECAN_BASE_IDSET_H
#define ECAN_BASE_IDSET_H

#include <stddef.h>
#include <stdint.h>

typedef struct idset {
    uint64_t (*slots)[2]; /* {0, 0} marks a free slot */
    size_t n_slots, n;
} idset;

/* Returns 1 if the id was added, 0 if it was already in the set, -1 if memory is out (the set is
 * unchanged). A zeroed struct is an empty set. */
int idset_add(idset *set, const char *s, size_t n);

void idset_free(idset *set); /* also empties it */

#endif
