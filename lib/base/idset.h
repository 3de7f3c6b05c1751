/* SPDX-License-Identifier: Apache-2.0 */
/* A set of ids, used to reject duplicate records. It stores a 128-bit hash of each id instead of the id:
 * 16 bytes whatever the length. The table is between 3/8 and 3/4 full and needs 21 to 43 bytes per id.
 * While it grows it needs half as much again.
 *
 * Memory is bounded: a table of 32 MiB that is full (1.5 million ids) is written to a temporary file as a
 * sorted run (tempfile.h), 16 bytes per id, and emptied. Two runs of about the same size are merged, so there
 * are at most log2(n / 1.5 million) of them. A Bloom filter of 16 MiB tells that most new ids are in none.
 *
 * The probability that two of n different ids have the same hash is n*n / 2^129: 10^-21 for a billion ids.
 */
#ifndef ECAN_BASE_IDSET_H
#define ECAN_BASE_IDSET_H

#include <stddef.h>
#include <stdint.h>

typedef struct idset_runs idset_runs;

typedef struct idset {
    uint64_t (*slots)[2]; /* {0, 0} marks a free slot */
    size_t n_slots, n;    /* n: ids in the table */
    size_t most;          /* slots of the largest table, a power of two; 0: the default. For tests */
    idset_runs *runs;     /* NULL: there are none */
} idset;

/* Returns 1 if the id was added, 0 if it was already in the set, -1 if memory is out or the temporary file
 * cannot be written or read (the set is unchanged). A zeroed struct is an empty set. */
int idset_add(idset *set, const char *s, size_t n);

void idset_free(idset *set); /* also empties it */

/* ---- private: idset_runs.c ---- */

/* Moves the n hashes, which this sorts, to a run. runs NULL: the first ones. NULL with the message set:
 * nothing has changed, except the order. */
idset_runs *idset_runs_add(idset_runs *runs, uint64_t (*hashes)[2], size_t n);
/* 1: a run has h; 0; -1: a file cannot be read. */
int idset_runs_have(const idset_runs *runs, const uint64_t h[2]);
void idset_runs_free(idset_runs *runs); /* NULL is fine */

#endif
