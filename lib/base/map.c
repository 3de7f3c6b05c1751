/* Open addressing with linear steps over a power of two of slots, at most half of them taken. A slot has the
 * upper half of the hash too, so that a search seldom looks at an entry in vain: entries are far apart in
 * memory. The strings stand one behind another in one buffer, each with a NUL behind it. */
#include "base/map.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64

typedef struct entry {
    uint64_t hash;
    size_t start, length; /* of the string within text */
} entry;

typedef struct slot {
    uint32_t tag;   /* upper half of the hash */
    int32_t number; /* of the entry, + 1; 0 is free */
} slot;

struct map {
    entry *entries;
    size_t cap; /* of entries */
    int32_t n;
    buf text;
    slot *slots;
    size_t n_slots;
};

uint64_t map_hash(const char *s, size_t n)
{
    uint64_t h[2];
    hash128(h, s, n);
    return h[0];
}

map *map_new(void)
{
    map *m = calloc(1, sizeof *m);
    if (m == NULL) {
        err_set("out of memory (table)");
        return NULL;
    }
    m->n_slots = FIRST_SLOTS;
    m->slots = mem_array(m->n_slots, sizeof *m->slots);
    if (m->slots == NULL) {
        map_free(m);
        return NULL;
    }
    return m;
}

void map_free(map *m)
{
    if (m == NULL)
        return;
    mem_free(m->entries);
    mem_free(m->slots);
    buf_free(&m->text);
    free(m);
}

/* Slot by slot, because a table that was once large may have few. */
void map_clear(map *m)
{
    const size_t mask = m->n_slots - 1;
    for (int32_t e = 0; e < m->n; e++) {
        size_t i = m->entries[e].hash & mask;
        while (m->slots[i].number != e + 1)
            i = (i + 1) & mask;
        m->slots[i] = (slot){0};
    }
    m->n = 0;
    m->text.len = 0;
}

/* The slot that holds the string, or the free one where it belongs. */
static size_t slot_of(const map *m, uint64_t hash, const char *s, size_t n)
{
    size_t mask = m->n_slots - 1, i = hash & mask;
    const uint32_t tag = (uint32_t)(hash >> 32);
    for (; m->slots[i].number != 0; i = (i + 1) & mask) {
        if (m->slots[i].tag != tag)
            continue;
        const entry *e = &m->entries[m->slots[i].number - 1];
        if (e->hash == hash && e->length == n && (n == 0 || memcmp(m->text.data + e->start, s, n) == 0))
            break;
    }
    return i;
}

int32_t map_find(const map *m, const char *s, size_t n)
{
    return m->slots[slot_of(m, map_hash(s, n), s, n)].number - 1;
}

static int widen(map *m, size_t n_slots)
{
    size_t mask = n_slots - 1;
    slot *slots = mem_array(n_slots, sizeof *slots);
    if (slots == NULL)
        return -1;
    for (int32_t e = 0; e < m->n; e++) {
        const uint64_t hash = m->entries[e].hash;
        size_t i = hash & mask;
        while (slots[i].number != 0)
            i = (i + 1) & mask;
        slots[i] = (slot){(uint32_t)(hash >> 32), e + 1};
    }
    mem_free(m->slots);
    m->slots = slots;
    m->n_slots = n_slots;
    return 0;
}

int32_t map_add(map *m, const char *s, size_t n)
{
    uint64_t hash = map_hash(s, n);
    size_t i = slot_of(m, hash, s, n);
    if (m->slots[i].number != 0)
        return m->slots[i].number - 1;
    if (m->n == INT32_MAX - 1)
        return err_set("more than %d different strings", INT32_MAX - 1);
    if (n == SIZE_MAX || buf_reserve(&m->text, n + 1) < 0 ||
        mem_grow(&m->entries, &m->cap, (size_t)m->n + 1, sizeof *m->entries) < 0)
        return -1;
    if ((size_t)m->n >= m->n_slots / 2) {
        if (widen(m, 2 * m->n_slots) < 0)
            return -1;
        i = slot_of(m, hash, s, n);
    }
    m->entries[m->n] = (entry){hash, m->text.len, n};
    buf_add(&m->text, s, n); /* there is room: cannot fail */
    buf_add(&m->text, "", 1);
    m->slots[i] = (slot){(uint32_t)(hash >> 32), ++m->n};
    return m->n - 1;
}

int map_reserve(map *m, size_t n, size_t bytes)
{
    size_t all = (size_t)m->n + n, n_slots = m->n_slots;
    if (n > (size_t)(INT32_MAX - 1 - m->n))
        return err_set("more than %d different strings", INT32_MAX - 1);
    while (all > n_slots / 2)
        n_slots *= 2;
    if (n_slots > m->n_slots && widen(m, n_slots) < 0)
        return -1;
    return mem_grow(&m->entries, &m->cap, all, sizeof *m->entries) < 0 ? -1 : buf_reserve(&m->text, bytes);
}

/* Slots lie all over memory: those of the next strings are on their way while one is looked at. */
#define AHEAD 32

int32_t map_add_new(map *m, const map_string *strings, int32_t n)
{
    size_t bytes = 0;
    uint64_t hashes[AHEAD];
    for (int32_t k = 0; k < n; k++)
        bytes += strings[k].n + 1;
    if (map_reserve(m, (size_t)n, bytes) < 0)
        return -1;
    const size_t mask = m->n_slots - 1;
    for (int32_t k = 0; k < n; k++) {
        for (int32_t a = k; k % AHEAD == 0 && a < n && a < k + AHEAD; a++) {
            hashes[a % AHEAD] = map_hash(strings[a].s, strings[a].n);
            __builtin_prefetch(&m->slots[hashes[a % AHEAD] & mask], 1);
        }
        const uint64_t hash = hashes[k % AHEAD];
        size_t i = slot_of(m, hash, strings[k].s, strings[k].n);
        if (m->slots[i].number != 0)
            return k;
        m->entries[m->n] = (entry){hash, m->text.len, strings[k].n};
        memcpy(m->text.data + m->text.len, strings[k].s, strings[k].n);
        m->text.len += strings[k].n;
        m->text.data[m->text.len++] = 0;
        m->slots[i] = (slot){(uint32_t)(hash >> 32), ++m->n};
    }
    return n;
}

int32_t map_size(const map *m)
{
    return m->n;
}

const char *map_key(const map *m, int32_t i, size_t *n)
{
    const entry *e = &m->entries[i];
    if (n != NULL)
        *n = e->length;
    return (const char *)m->text.data + e->start;
}
