/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing over 2^bits slots, at most half of them used.
 *
 * A string has a tag: 32 bits of its hash. The first `bits` of them select the slot where a search begins.
 * The slot stores the others, and in its low `bits` the string's number plus 1; 0 marks a free slot.
 * Comparing these bits avoids most reads of other strings, which are far apart in memory. The strings are
 * stored consecutively in one buffer, each followed by a NUL. Slots and offsets have 32 bits: the memory that
 * a large table touches first takes half of the time to build it. */
#include "base/map.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/little_endian.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BITS 6  /* for the initial number of slots */
#define MOST_BITS  31 /* a slot stores at least one bit of the tag */
#define MOST       ((size_t)1 << (MOST_BITS - 1))

struct map {
    uint32_t *starts; /* [n + 1] offsets of the strings in text; the last one is the end of the text */
    size_t cap;       /* elements allocated for starts */
    int32_t n;
    buf text;
    uint32_t *slots; /* [2^bits] */
    int bits;
};

uint64_t map_hash(const char *s, size_t n)
{
    uint64_t h[2];
    hash128(h, s, n);
    return h[0];
}

static uint32_t tag_in(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static uint32_t tag_of(const char *s, size_t n)
{
    return tag_in(map_hash(s, n));
}

static size_t slots_of(int bits)
{
    return (size_t)1 << bits;
}

static size_t first_slot(uint32_t tag, int bits)
{
    return tag >> (32 - bits);
}

static size_t next_slot(size_t i, int bits)
{
    return (i + 1) & (slots_of(bits) - 1);
}

/* The bits of a tag that a slot stores, in their place. */
static uint32_t stored(uint32_t tag, int bits)
{
    return tag << bits;
}

static int32_t number_in(uint32_t slot, int bits)
{
    return (int32_t)(slot & (((uint32_t)1 << bits) - 1)) - 1;
}

static size_t length_of(const map *m, int32_t i)
{
    return m->starts[i + 1] - m->starts[i] - 1;
}

/* Makes room for `all` strings. */
static int reserve_strings(map *m, size_t all)
{
    return mem_grow(&m->starts, &m->cap, all + 1, sizeof *m->starts);
}

map *map_new(void)
{
    map *m = calloc(1, sizeof *m);
    if (m == NULL) {
        err_memory("out of memory (hash table)");
        return NULL;
    }
    m->bits = FIRST_BITS;
    m->slots = mem_array(slots_of(m->bits), sizeof *m->slots);
    if (m->slots == NULL || reserve_strings(m, slots_of(m->bits) / 2) < 0) {
        map_free(m);
        return NULL;
    }
    m->starts[0] = 0;
    return m;
}

void map_free(map *m)
{
    if (m == NULL)
        return;
    mem_free(m->starts);
    mem_free(m->slots);
    buf_free(&m->text);
    free(m);
}

/* Clears slots one by one if there are few strings, because a table that was once large has many slots. */
void map_clear(map *m)
{
    const size_t n_slots = slots_of(m->bits), n = m->n;
    if (n >= n_slots / 16)
        memset(m->slots, 0, n_slots * sizeof *m->slots);
    else
        for (int32_t e = 0; e < m->n; e++) {
            size_t i = first_slot(tag_of(map_key(m, e, NULL), length_of(m, e)), m->bits);
            while (number_in(m->slots[i], m->bits) != e)
                i = next_slot(i, m->bits);
            m->slots[i] = 0; /* the search above does not stop at free slots */
        }
    m->n = 0;
    m->text.len = 0;
}

/* Returns the slot that holds the string, or the free slot where it belongs. */
static size_t slot_of(const map *m, uint32_t tag, const char *s, size_t n)
{
    size_t i = first_slot(tag, m->bits);
    for (; m->slots[i] != 0; i = next_slot(i, m->bits)) {
        const int32_t e = number_in(m->slots[i], m->bits);
        if ((m->slots[i] ^ stored(tag, m->bits)) >> m->bits == 0 && length_of(m, e) == n &&
            (n == 0 || memcmp(m->text.data + m->starts[e], s, n) == 0))
            break;
    }
    return i;
}

int32_t map_find(const map *m, const char *s, size_t n)
{
    return number_in(m->slots[slot_of(m, tag_of(s, n), s, n)], m->bits);
}

static uint32_t slot_with(uint32_t tag, int32_t number, int bits)
{
    return stored(tag, bits) | (uint32_t)(number + 1);
}

static int grow_table(map *m, int bits)
{
    uint32_t *slots = mem_array(slots_of(bits), sizeof *slots);
    if (slots == NULL)
        return -1;
    for (int32_t e = 0; e < m->n; e++) {
        const uint32_t tag = tag_of(map_key(m, e, NULL), length_of(m, e));
        size_t i = first_slot(tag, bits);
        while (slots[i] != 0)
            i = next_slot(i, bits);
        slots[i] = slot_with(tag, e, bits);
    }
    mem_free(m->slots);
    m->slots = slots;
    m->bits = bits;
    return 0;
}

int map_reserve(map *m, size_t n, size_t bytes)
{
    const size_t all = m->n + n;
    int bits = m->bits;
    if (n > MOST - (size_t)m->n)
        return err_set("more than %zu different strings", MOST);
    if (bytes > UINT32_MAX - m->text.len)
        return err_set("different strings of more than 4 GiB");
    while (all > slots_of(bits) / 2)
        bits++;
    if (bits > m->bits && grow_table(m, bits) < 0)
        return -1;
    return reserve_strings(m, all) < 0 ? -1 : buf_reserve(&m->text, bytes);
}

/* Adds the string that begins where the last one ended and ends, with its NUL, at `end` in text. The
 * caller has made room. Slot i is where the string belongs. */
static void insert(map *m, size_t i, uint32_t tag, size_t end)
{
    m->text.data[end - 1] = 0;
    m->text.len = end;
    m->slots[i] = slot_with(tag, m->n++, m->bits);
    m->starts[m->n] = (uint32_t)end;
}

void map_prefetch(const map *m, uint64_t hash)
{
    __builtin_prefetch(&m->slots[first_slot(tag_in(hash), m->bits)]);
}

int32_t map_add(map *m, const char *s, size_t n)
{
    return map_add_hashed(m, map_hash(s, n), s, n);
}

int32_t map_add_hashed(map *m, uint64_t hash, const char *s, size_t n)
{
    const uint32_t tag = tag_in(hash);
    size_t i = slot_of(m, tag, s, n);
    if (m->slots[i] != 0)
        return number_in(m->slots[i], m->bits);
    const int bits = m->bits;
    if (n == SIZE_MAX)
        return err_memory("out of memory: the strings of a table are too long");
    if (map_reserve(m, 1, n + 1) < 0)
        return -1;
    if (m->bits > bits)
        i = slot_of(m, tag, s, n);
    if (n > 0)
        memcpy(m->text.data + m->text.len, s, n);
    insert(m, i, tag, m->text.len + n + 1);
    return m->n - 1;
}

/* ---- lines: the whole text is copied at once, then each line feed is replaced by a NUL ---- */

/* Slots are spread over memory: those of the next lines are prefetched. */
#define PREFETCH_DISTANCE 32

/* Sets the high bit of each of the eight bytes that is a line feed. */
static uint64_t line_feeds(const char *p)
{
    uint64_t x = load_le64(p);
    x ^= 0x0a0a0a0a0a0a0a0au;
    return ~(((x & 0x7f7f7f7f7f7f7f7fu) + 0x7f7f7f7f7f7f7f7fu) | x | 0x7f7f7f7f7f7f7f7fu);
}

/* Returns the position of the first line feed at or after i, or n. Words are short, so calling memchr()
 * for each is slower. */
static size_t line_end(const char *text, size_t i, size_t n)
{
    uint64_t found = 0;
    for (; n - i >= 8 && (found = line_feeds(text + i)) == 0; i += 8)
        ;
    if (found)
        return i + (size_t)__builtin_ctzll(found) / 8;
    while (i < n && text[i] != '\n')
        i++;
    return i;
}

/* Counts line feeds, plus 1 for a last line without one. */
static size_t count_lines(const char *text, size_t n)
{
    size_t lines = 1, i = 0;
    for (; n - i >= 8; i += 8)
        lines +=
            (line_feeds(text + i) >> 7) * 0x0101010101010101u >> 56; /* the sum of the bytes, each 0 or 1 */
    for (; i < n; i++)
        lines += text[i] == '\n';
    return lines;
}

int map_add_lines(map *m, const char *source, size_t n, size_t *at)
{
    *at = 0;
    if (n == 0)
        return 0;
    if (map_reserve(m, count_lines(source, n), n + HASH_PADDING) < 0)
        return -1;
    const size_t base = m->text.len;
    const char *text = (const char *)m->text.data + base;
    memcpy(m->text.data + base, source, n);
    memset(m->text.data + base + n, 0, HASH_PADDING);
    while (*at < n) {
        size_t begin[PREFETCH_DISTANCE + 1];
        uint32_t tags[PREFETCH_DISTANCE];
        int few = 0;
        begin[0] = *at;
        for (; few < PREFETCH_DISTANCE && begin[few] < n; few++) {
            const size_t end = line_end(text, begin[few], n);
            tags[few] = (uint32_t)(hash128_padded(text + begin[few], end - begin[few]) >> 32);
            __builtin_prefetch(&m->slots[first_slot(tags[few], m->bits)], 1);
            begin[few + 1] = end + 1;
        }
        for (int k = 0; k < few; k++) {
            const size_t length = begin[k + 1] - begin[k] - 1;
            size_t i = first_slot(tags[k], m->bits);
            if (m->slots[i] != 0)
                i = slot_of(m, tags[k], text + begin[k], length);
            if (length == 0 || m->slots[i] != 0)
                return 0;
            insert(m, i, tags[k], base + begin[k + 1]);
            *at = begin[k + 1];
        }
    }
    return 0;
}

int32_t map_size(const map *m)
{
    return m->n;
}

const char *map_key(const map *m, int32_t i, size_t *n)
{
    if (n != NULL)
        *n = length_of(m, i);
    return (const char *)m->text.data + m->starts[i];
}
