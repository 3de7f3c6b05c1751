/* SPDX-License-Identifier: Apache-2.0 */
/* Steps 1 to 3 of notes.h: which notes are kept, and in which order. */
#include "base/hash.h"
#include "text/notes_private.h"

#include <stdlib.h>
#include <string.h>

/* A note that may be kept. */
typedef struct item {
    size_t note;
    note_string text, date;
    const char *type; /* its name, [type_n], in encounter_reading.names at type_at */
    size_t type_at, type_n;
    int32_t place; /* its index in options.types; 0 without that option */
    uint64_t hash[2];
    bool duplicate;
} item;

/* ---- which notes ---- */

static bool sorts_by(const notes_rules *r, int key)
{
    for (int i = 0; i < r->n_keys; i++)
        if (r->keys[i].key == key)
            return true;
    return false;
}

static bool needs_types(const notes_rules *r)
{
    return r->types || r->not_types || sorts_by(r, NOTES_BY_TYPE);
}

/* Writes the names of all types into a->names, one after another, and sets where each begins. */
static int name_types(const notes_rules *r, const encounter_note *notes, encounter_reading *a)
{
    a->names.len = 0;
    if (!needs_types(r))
        return 0;
    for (size_t i = 0; i < a->n; i++) {
        a->items[i].type_at = a->names.len;
        if (notes_add_name(&a->names, notes[i].type.s, notes[i].type.n, a->scratch) < 0)
            return -1;
        a->items[i].type_n = a->names.len - a->items[i].type_at;
    }
    for (size_t i = 0; i < a->n; i++)
        a->items[i].type = (const char *)a->names.data + a->items[i].type_at;
    return 0;
}

static void keep_types(const notes_rules *r, encounter_reading *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++) {
        item *x = &a->items[i];
        const map *named = r->types ? r->types : r->not_types;
        const int32_t index = named ? map_find(named, x->type, x->type_n) : -1;
        if (index >= 0)
            atomic_store_explicit(&r->found[index], true, memory_order_relaxed);
        if (r->types)
            x->place = index;
        else if (r->not_types)
            x->place = index < 0 ? 0 : -1;
        if (x->place >= 0)
            a->items[kept++] = *x;
    }
    a->notes_left = a->n - kept;
    a->n = kept;
}

/* ---- in which order ---- */

static int compare_bytes(const char *a, size_t n, const char *b, size_t m)
{
    int c = memcmp(a, b, n < m ? n : m);
    return c != 0 ? c : (n > m) - (n < m);
}

/* A missing date comes last in both directions. */
static int compare_dates(const item *a, const item *b, bool backwards)
{
    if (a->date.n == 0 || b->date.n == 0)
        return (a->date.n == 0) - (b->date.n == 0);
    int c = compare_bytes(a->date.s, a->date.n, b->date.s, b->date.n);
    return backwards ? -c : c;
}

static int compare_types(const item *a, const item *b, bool backwards)
{
    bool untyped_a = notes_is_untyped(a->type, a->type_n), untyped_b = notes_is_untyped(b->type, b->type_n);
    int c = (a->place > b->place) - (a->place < b->place);
    if (c == 0 && untyped_a != untyped_b)
        return untyped_a - untyped_b;
    if (c == 0)
        c = compare_bytes(a->type, a->type_n, b->type, b->type_n);
    return backwards ? -c : c;
}

static int compare_given(const item *a, const item *b, bool backwards)
{
    int c = (a->note > b->note) - (a->note < b->note);
    return backwards ? -c : c;
}

static int compare_items(const void *a, const void *b, void *rules)
{
    static int (*const compare[])(const item *, const item *, bool) = {
        [NOTES_BY_DATE] = compare_dates, [NOTES_BY_TYPE] = compare_types, [NOTES_BY_GIVEN] = compare_given};
    const notes_rules *r = rules;
    for (int i = 0; i < r->n_keys; i++) {
        int c = compare[r->keys[i].key](a, b, r->keys[i].backwards);
        if (c != 0)
            return c;
    }
    return compare_given(a, b, false);
}

/* ---- duplicates ---- */

static bool same_text(const item *a, const item *b)
{
    return a->text.n == b->text.n && memcmp(a->hash, b->hash, sizeof a->hash) == 0 &&
           memcmp(a->text.s, b->text.s, a->text.n) == 0;
}

/* Puts notes of the same text next to each other, the one that is read first before the others. The hash
 * only makes it faster. */
static int compare_texts(const void *x, const void *y, void *items)
{
    const size_t i = *(const size_t *)x, j = *(const size_t *)y;
    const item *a = (const item *)items + i, *b = (const item *)items + j;
    int c = (a->text.n > b->text.n) - (a->text.n < b->text.n);
    if (c == 0)
        c = memcmp(a->hash, b->hash, sizeof a->hash);
    if (c == 0)
        c = memcmp(a->text.s, b->text.s, a->text.n);
    return c != 0 ? c : (i > j) - (i < j);
}

/* Removes duplicates from the items, which are in order. Uses a->order as working memory. */
static void drop_duplicates(encounter_reading *a)
{
    item *items = a->items;
    for (size_t i = 0; i < a->n; i++) {
        hash128(items[i].hash, items[i].text.s, items[i].text.n);
        a->order[i] = i;
    }
    qsort_r(a->order, a->n, sizeof *a->order, compare_texts, items);
    for (size_t i = 1; i < a->n; i++)
        items[a->order[i]].duplicate = same_text(&items[a->order[i - 1]], &items[a->order[i]]);
    size_t kept = 0;
    for (size_t i = 0; i < a->n; i++)
        if (!items[i].duplicate)
            items[kept++] = items[i];
    a->duplicates = a->n - kept;
    a->n = kept;
}

int notes_arrange(const notes_rules *r, const encounter_note *notes, size_t n, encounter_reading *a)
{
    a->n = 0;
    a->n_gaps = 0;
    a->notes_left = a->duplicates = a->words_copied = a->words_cut = 0;
    if (mem_grow(&a->order, &a->room[0], n, sizeof *a->order) < 0 ||
        mem_grow(&a->items, &a->room[1], n, sizeof *a->items) < 0)
        return -1;
    for (a->n = 0; a->n < n; a->n++)
        a->items[a->n] = (item){.note = a->n, .text = notes[a->n].text, .date = notes[a->n].date};
    if (name_types(r, notes, a) < 0)
        return -1;
    keep_types(r, a);
    if (r->n_keys > 0 && a->n > 1)
        qsort_r(a->items, a->n, sizeof *a->items, compare_items, (void *)r);
    if (r->options.drop_duplicates && a->n > 1)
        drop_duplicates(a);
    for (size_t i = 0; i < a->n; i++)
        a->order[i] = a->items[i].note;
    return 0;
}

/* ---- memory ---- */

void encounter_reading_free(encounter_reading *a)
{
    mem_free(a->order);
    mem_free(a->items);
    mem_free(a->starts);
    mem_free(a->is_copied);
    mem_free(a->counts);
    mem_free(a->gaps);
    buf_free(&a->names);
    for (int i = 0; i < 3; i++)
        buf_free(&a->scratch[i]);
    copied_free(&a->copied);
    tokens_free(&a->chosen);
    *a = (encounter_reading){0};
}
