/* SPDX-License-Identifier: Apache-2.0 */
#include "terms/pair_map.h"

#include "base/err.h"
#include "base/mem.h"

void pair_map_free(pair_map *m)
{
    mem_free(m->slots);
    *m = (pair_map){0};
}

/* The slot of the key, or the free slot where it can be inserted. */
static pair_slot *find(const pair_map *m, uint64_t key)
{
    size_t i = (size_t)pair_hash(key) & (m->n_slots - 1);
    while (m->slots[i].value >= 0 && m->slots[i].key != key)
        i = (i + 1) & (m->n_slots - 1);
    return &m->slots[i];
}

static int make_room(pair_map *m)
{
    if ((size_t)m->n < m->n_slots / 4 * 3)
        return 0;
    if (m->n == INT32_MAX)
        return err_set("more than %d terms", INT32_MAX);
    const pair_map old = *m;
    m->n_slots = old.n_slots ? 2 * old.n_slots : 1024;
    if (!(m->slots = mem_room(m->n_slots, sizeof *m->slots))) {
        *m = old;
        return -1;
    }
    for (size_t i = 0; i < m->n_slots; i++)
        m->slots[i].value = -1;
    for (size_t i = 0; i < old.n_slots; i++)
        if (old.slots[i].value >= 0)
            *find(m, old.slots[i].key) = old.slots[i];
    mem_free(old.slots);
    return 0;
}

int32_t pair_map_find(const pair_map *m, int32_t first, int32_t second)
{
    return m->n ? find(m, pair_key(first, second))->value : -1;
}

int32_t pair_map_add(pair_map *m, int32_t first, int32_t second)
{
    if (make_room(m))
        return -1;
    pair_slot *s = find(m, pair_key(first, second));
    if (s->value < 0)
        *s = (pair_slot){pair_key(first, second), m->n++};
    return s->value;
}
