/* SPDX-License-Identifier: Apache-2.0 */
#include "text/notes.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/mem.h"
#include "io/utf8check.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_DATE, BY_TYPE, BY_GIVEN, N_KEYS };
static const char *const key_names[N_KEYS] = {"date", "type", "given"};

#define UNTYPED "-"

struct notes_rules {
    notes_options options; /* without its strings */
    struct {
        int key;
        bool backwards;
    } keys[N_KEYS];
    int n_keys;
    map *types, *not_types; /* names; NULL: the option is not given */
};

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

/* ---- names of types ---- */

static bool is_blank(int32_t c)
{
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* out := s[n] with each run of blanks between other characters as one space, and without blanks at the
 * ends. */
static int close_up(buf *out, const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *)s, *end = p + n;
    bool blank = false;
    out->len = 0;
    while (p < end) {
        const unsigned char *from = p;
        if (is_blank(utf8_get(&p))) {
            blank = out->len > 0;
            continue;
        }
        if ((blank && buf_add(out, " ", 1) < 0) || buf_add(out, from, (size_t)(p - from)) < 0)
            return -1;
        blank = false;
    }
    return 0;
}

/* Appends the name of the type s[n]. s may be NULL. */
static int add_name(buf *out, const char *s, size_t n, buf scratch[3])
{
    buf *closed = &scratch[2];
    if (close_up(closed, s ? s : "", s ? n : 0) < 0)
        return -1;
    if (closed->len == 0)
        return buf_add(out, UNTYPED, strlen(UNTYPED));
    return utf8_fold(out, (const char *)closed->data, closed->len, scratch);
}

static bool is_untyped(const char *name, size_t n)
{
    return n == strlen(UNTYPED) && memcmp(name, UNTYPED, n) == 0;
}

/* ---- rules ---- */

/* out := the first element of *list, where "\," is a comma and "\\" a backslash. *list moves to the next
 * element; NULL after the last. */
static int next_element(const char **list, buf *out)
{
    const char *s = *list;
    out->len = 0;
    for (; *s && *s != ','; s++) {
        s += *s == '\\' && (s[1] == ',' || s[1] == '\\');
        if (buf_add(out, s, 1) < 0)
            return -1;
    }
    *list = *s ? s + 1 : NULL;
    return 0;
}

static int add_to_list(map *names, const buf *element, buf scratch[3])
{
    buf name = {0};
    if (close_up(&scratch[2], (const char *)element->data, element->len) < 0)
        return -1;
    if (scratch[2].len == 0)
        return err_set("an empty name (notes without a type are named " UNTYPED ")");
    int result = add_name(&name, (const char *)element->data, element->len, scratch);
    if (result == 0 && map_add(names, (const char *)name.data, name.len) < 0)
        result = -1;
    buf_free(&name);
    return result;
}

/* *names := the names in list, or NULL if there is no list. */
static int read_names(map **names, const char *list, const char *option)
{
    buf element = {0}, scratch[3] = {{0}};
    size_t bad;
    int result = 0;
    if (!list)
        return 0;
    if (!(*names = map_new()))
        return -1;
    if (!utf8_check((const unsigned char *)list, strlen(list), &bad))
        result = err_set("not UTF-8");
    while (list && result == 0)
        result = next_element(&list, &element) < 0 ? -1 : add_to_list(*names, &element, scratch);
    buf_free(&element);
    for (int i = 0; i < 3; i++)
        buf_free(&scratch[i]);
    return result < 0 ? err_prefix("%s: ", option) : 0;
}

/* Adds s[n] as a key of the order. */
static int add_key(notes_rules *r, const char *s, size_t n)
{
    bool backwards = n > 0 && *s == '-';
    s += backwards;
    n -= backwards;
    for (int key = 0; key < N_KEYS; key++) {
        if (strlen(key_names[key]) != n || memcmp(key_names[key], s, n) != 0)
            continue;
        for (int i = 0; i < r->n_keys; i++)
            if (r->keys[i].key == key)
                return err_set("order: duplicate key %s", key_names[key]);
        r->keys[r->n_keys].key = key;
        r->keys[r->n_keys++].backwards = backwards;
        return 0;
    }
    return err_set("order: invalid key '%.*s': choose date, type or given", (int)n, s);
}

static int read_order(notes_rules *r, const char *order)
{
    const char *key;
    size_t n;
    while (list_next(&order, &key, &n))
        if (add_key(r, key, n) < 0)
            return -1;
    return 0;
}

notes_rules *notes_rules_new(const notes_options *options)
{
    notes_rules *r = mem_array(1, sizeof *r);
    if (!r)
        return NULL;
    r->options = *options;
    if (options->types && options->not_types)
        err_set("both types and not-types");
    else if (read_order(r, options->order) == 0 && read_names(&r->types, options->types, "types") == 0 &&
             read_names(&r->not_types, options->not_types, "not-types") == 0)
        return r;
    notes_rules_free(r);
    return NULL;
}

void notes_rules_free(notes_rules *r)
{
    if (!r)
        return;
    map_free(r->types);
    map_free(r->not_types);
    mem_free(r);
}

/* ---- settings ---- */

/* Appends an element to a list that is separated by commas. */
static int add_element(buf *out, const char *s, size_t n)
{
    if (out->len > 0 && buf_add(out, ",", 1) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (((s[i] == ',' || s[i] == '\\') && buf_add(out, "\\", 1) < 0) || buf_add(out, s + i, 1) < 0)
            return -1;
    return 0;
}

static void pack_names(pack *p, const char *key, const map *names)
{
    buf list = {0};
    for (int32_t i = 0; i < map_size(names); i++) {
        size_t n;
        const char *name = map_key(names, i, &n);
        p->failed |= add_element(&list, name, n) < 0;
    }
    pack_key(p, key);
    pack_str_n(p, (const char *)list.data, list.len);
    buf_free(&list);
}

static void pack_order(pack *p, const notes_rules *r)
{
    char keys[64];
    int n = 0;
    for (int i = 0; i < r->n_keys; i++)
        n += snprintf(keys + n, sizeof keys - (size_t)n, "%s%s%s", i > 0 ? "," : "",
                      r->keys[i].backwards ? "-" : "", key_names[r->keys[i].key]);
    pack_key(p, "order");
    pack_str(p, keys);
}

/* Whether the order is that of the input, also if it was given by an option. */
static bool is_as_given(const notes_rules *r)
{
    return r->n_keys == 0 || (r->keys[0].key == BY_GIVEN && !r->keys[0].backwards);
}

void notes_rules_settings(const notes_rules *r, pack *p)
{
    /* "share" in stored settings is the old name of "proportional". Existing models and streams have it. */
    static const char *const cuts[] = {
        [CUT_HEAD] = "head", [CUT_HEAD_TAIL] = "head-tail", [CUT_PROPORTIONAL] = "share"};
    const notes_options *o = &r->options;
    if (r->types)
        pack_names(p, "types", r->types);
    if (r->not_types)
        pack_names(p, "not_types", r->not_types);
    if (!is_as_given(r))
        pack_order(p, r);
    if (o->drop_duplicates) {
        pack_key(p, "duplicates");
        pack_str(p, "drop");
    }
    if (o->copied > 0) {
        pack_key(p, "copied");
        pack_uint(p, o->copied);
    }
    if (o->mark_types) {
        pack_key(p, "mark_types");
        pack_bool(p, true);
    }
    if (o->max_words > 0) {
        pack_key(p, "max_words");
        pack_uint(p, o->max_words);
        pack_key(p, "cut");
        pack_str(p, cuts[o->cut]);
    }
}

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
    return r->types || r->not_types || sorts_by(r, BY_TYPE);
}

/* Writes the names of all types into a->names, one after another, and sets where each begins. */
static int name_types(const notes_rules *r, const encounter_note *notes, encounter_reading *a)
{
    a->names.len = 0;
    if (!needs_types(r))
        return 0;
    for (size_t i = 0; i < a->n; i++) {
        a->items[i].type_at = a->names.len;
        if (add_name(&a->names, notes[i].type.s, notes[i].type.n, a->scratch) < 0)
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
        if (r->types)
            x->place = map_find(r->types, x->type, x->type_n);
        else if (r->not_types)
            x->place = map_find(r->not_types, x->type, x->type_n) < 0 ? 0 : -1;
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
    bool untyped_a = is_untyped(a->type, a->type_n), untyped_b = is_untyped(b->type, b->type_n);
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
        [BY_DATE] = compare_dates, [BY_TYPE] = compare_types, [BY_GIVEN] = compare_given};
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
        qsort_r(a->items, a->n, sizeof *a->items, compare_items, (void *)(size_t)r);
    if (r->options.drop_duplicates && a->n > 1)
        drop_duplicates(a);
    for (size_t i = 0; i < a->n; i++)
        a->order[i] = a->items[i].note;
    return 0;
}

/* ---- which words ---- */

/* Finds the notes that have words, in their order: a->starts[0 .. n] are the borders between their words. */
static int find_starts(encounter_reading *a, const tokens *w, size_t *n)
{
    *n = 0;
    for (size_t i = 0; i <= w->T; i++) {
        if (i > 0 && i < w->T && w->spans[i][0] == w->spans[i - 1][0])
            continue;
        if (mem_grow(&a->starts, &a->room[2], *n + 1, sizeof *a->starts) < 0)
            return -1;
        a->starts[(*n)++] = i;
    }
    --*n;
    return 0;
}

/* Sets is_copied[T] and counts the copied words. */
static int find_copied(const notes_rules *r, encounter_reading *a, const tokens *w, size_t n)
{
    if (mem_grow(&a->is_copied, &a->room[3], w->T, sizeof *a->is_copied) < 0)
        return -1;
    memset(a->is_copied, 0, w->T * sizeof *a->is_copied);
    if (r->options.copied == 0)
        return 0;
    int64_t found = copied_find(&a->copied, w, a->starts, n, r->options.copied, a->is_copied);
    a->words_copied = found > 0 ? (size_t)found : 0;
    return found < 0 ? -1 : 0;
}

/* The number of words of each note, and how many of them are kept. */
static int count_words(const notes_rules *r, encounter_reading *a, size_t n)
{
    if (mem_grow(&a->counts, &a->room[4], n, sizeof *a->counts) < 0)
        return -1;
    for (size_t k = 0; k < n; k++) {
        size_t words = 0;
        for (size_t i = a->starts[k]; i < a->starts[k + 1]; i++)
            words += !a->is_copied[i];
        a->counts[k] = (cut_note){.n = words + (words > 0 && r->options.mark_types)};
    }
    size_t max = r->options.max_words;
    a->words_cut = cut_notes(r->options.cut, max > 0 ? max : SIZE_MAX - 1, a->counts, n);
    return 0;
}

static int add_word(tokens *to, const char *s, size_t n, const int32_t span[3])
{
    if (mem_grow(&to->ends, &to->n_ends, to->T + 1, sizeof *to->ends) < 0 ||
        mem_grow(&to->spans, &to->n_spans, to->T + 1, sizeof *to->spans) < 0 || buf_add(&to->bytes, s, n) < 0)
        return -1;
    to->ends[to->T] = to->bytes.len;
    memcpy(to->spans[to->T++], span, sizeof *to->spans);
    return 0;
}

/* Adds the word for a note's type: its name with underscores in place of spaces. */
static int add_mark(encounter_reading *a, const encounter_note *of, int32_t index)
{
    buf *name = &a->names;
    name->len = 0;
    if (add_name(name, of->type.s, of->type.n, a->scratch) < 0)
        return -1;
    for (size_t i = 0; i < name->len; i++)
        if (name->data[i] == ' ')
            name->data[i] = '_';
    bool untyped = is_untyped((const char *)name->data, name->len);
    buf *word = &a->scratch[0];
    word->len = 0;
    if (buf_add(word, "<note", 5) < 0 ||
        (!untyped && (buf_add(word, ":", 1) < 0 || buf_add(word, name->data, name->len) < 0)) ||
        buf_add(word, ">", 1) < 0)
        return -1;
    return add_word(&a->chosen, (const char *)word->data, word->len, (const int32_t[]){index, 0, 0});
}

static int add_gap(encounter_reading *a)
{
    if (mem_grow(&a->gaps, &a->room[5], a->n_gaps + 1, sizeof *a->gaps) < 0)
        return -1;
    a->gaps[a->n_gaps++] = (int32_t)a->chosen.T;
    return 0;
}

/* Adds the words of the k-th note that are kept. */
static int choose_of(const notes_rules *r, const encounter_note *notes, encounter_reading *a, const tokens *w,
                     size_t k)
{
    const cut_note *c = &a->counts[k];
    size_t place =
        0; /* index among the words of the note that were not copied; the word for its type comes first */
    bool any = false, gap = false;
    if (r->options.mark_types && c->n > 0) {
        int32_t index = w->spans[a->starts[k]][0];
        if ((place < c->head || place >= c->n - c->tail) && add_mark(a, &notes[index], index) < 0)
            return -1;
        place++;
    }
    for (size_t i = a->starts[k]; i < a->starts[k + 1]; i++) {
        bool kept = !a->is_copied[i] && (place < c->head || place >= c->n - c->tail);
        place += !a->is_copied[i];
        if (!kept) {
            gap = any;
            continue;
        }
        size_t n;
        const char *word = tokens_word(w, i, &n);
        if ((gap && add_gap(a) < 0) || add_word(&a->chosen, word, n, w->spans[i]) < 0)
            return -1;
        any = true;
        gap = false;
    }
    return 0;
}

int notes_choose(const notes_rules *r, const encounter_note *notes, encounter_reading *a, tokens *w)
{
    const notes_options *o = &r->options;
    size_t n;
    if (w->T == 0 || (o->copied == 0 && !o->mark_types && (o->max_words == 0 || w->T <= o->max_words)))
        return 0;
    if (find_starts(a, w, &n) < 0 || find_copied(r, a, w, n) < 0 || count_words(r, a, n) < 0)
        return -1;
    if (!o->mark_types && a->words_copied == 0 && a->words_cut == 0)
        return 0;
    tokens_clear(&a->chosen);
    for (size_t k = 0; k < n; k++)
        if (choose_of(r, notes, a, w, k) < 0)
            return -1;
    tokens was = *w;
    *w = a->chosen;
    a->chosen = was;
    return 0;
}

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
