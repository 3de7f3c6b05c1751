/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing. The number of slots is a power of two. */
#include "base/idset.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

#define FIRST_SLOTS 1024

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

int idset_add(idset *set, const char *s, size_t n)
{
    uint64_t h[2];
    hash128(h, s, n);
    if (is_free(h))
        h[0] = 1; /* {0, 0}, the hash of the empty string, marks a free slot */
    if (set->n >= set->n_slots / 4 * 3 && grow_table(set) < 0)
        return -1;
    size_t i = slot_of(set->slots, set->n_slots, h);
    if (!is_free(set->slots[i]))
        return 0;
    memcpy(set->slots[i], h, sizeof h);
    set->n++;
    return 1;
}

void idset_free(idset *set)
{
    mem_free(set->slots);
    *set = (idset){0};
}
