/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing. The number of slots is a power of two. */
#include "base/idset.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

#define FIRST_SLOTS 1024
#define MOST_SLOTS  ((size_t)1 << 21)

static bool is_free(const uint64_t slot[2])
{
    return (slot[0] | slot[1]) == 0;
}

/* Returns the slot that holds h, or the free slot where h belongs. At least one slot is free. */
static size_t slot_of(uint64_t (*slots)[2], size_t n_slots, const uint64_t h[2])
{
    size_t i = h[0] & (n_slots - 1);
    while (!is_free(slots[i]) && (slots[i][0] != h[0] || slots[i][1] != h[1]))
        i = (i + 1) & (n_slots - 1);
    return i;
}

static int grow_table(idset *set)
{
    size_t n_slots = set->n_slots > 0 ? set->n_slots * 2 : FIRST_SLOTS;
    uint64_t(*slots)[2] = mem_array(n_slots, sizeof *slots);
    if (slots == NULL)
        return -1;
    for (size_t i = 0; i < set->n_slots; i++)
        if (!is_free(set->slots[i]))
            memcpy(slots[slot_of(slots, n_slots, set->slots[i])], set->slots[i], sizeof *slots);
    mem_free(set->slots);
    set->slots = slots;
    set->n_slots = n_slots;
    return 0;
}

/* Moves the ids of the table to a run. If that fails they stay. */
static int spill(idset *set)
{
    uint64_t(*hashes)[2] = mem_array(set->n, sizeof *hashes);
    size_t n = 0;
    if (!hashes)
        return -1;
    for (size_t i = 0; i < set->n_slots; i++)
        if (!is_free(set->slots[i]))
            memcpy(hashes[n++], set->slots[i], sizeof *hashes);
    idset_runs *runs = idset_runs_add(set->runs, hashes, n);
    mem_free(hashes);
    if (!runs)
        return -1;
    set->runs = runs;
    memset(set->slots, 0, set->n_slots * sizeof *set->slots);
    set->n = 0;
    return 0;
}

static int make_room(idset *set)
{
    const size_t most = set->most ? set->most : MOST_SLOTS;
    if (set->n < set->n_slots / 4 * 3)
        return 0;
    return set->n_slots < most ? grow_table(set) : spill(set);
}

int idset_add(idset *set, const char *s, size_t n)
{
    uint64_t h[2];
    hash128(h, s, n);
    if (is_free(h))
        h[0] = 1; /* {0, 0}, the hash of the empty string, marks a free slot */
    if (make_room(set) < 0)
        return -1;
    size_t i = slot_of(set->slots, set->n_slots, h);
    if (!is_free(set->slots[i]))
        return 0;
    const int found = set->runs ? idset_runs_have(set->runs, h) : 0;
    if (found)
        return found < 0 ? -1 : 0;
    memcpy(set->slots[i], h, sizeof h);
    set->n++;
    return 1;
}

void idset_free(idset *set)
{
    mem_free(set->slots);
    idset_runs_free(set->runs);
    *set = (idset){0};
}
