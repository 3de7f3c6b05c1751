/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for notes: the names of types, the options, and the settings in the header of a stream. */
#include "base/err.h"
#include "base/list.h"
#include "io/utf8check.h"
#include "text/notes_private.h"
#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

static const char *const key_names[NOTES_KEYS] = {"date", "type", "given"};

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
        if ((blank && buf_add(out, " ", 1) < 0) || buf_add(out, from, p - from) < 0)
            return -1;
        blank = false;
    }
    return 0;
}

int notes_add_name(buf *out, const char *s, size_t n, buf scratch[3])
{
    buf *closed = &scratch[2];
    if (close_up(closed, s ? s : "", s ? n : 0) < 0)
        return -1;
    if (closed->len == 0)
        return buf_add(out, NOTES_UNTYPED, strlen(NOTES_UNTYPED));
    return utf8_fold(out, (const char *)closed->data, closed->len, scratch);
}

bool notes_is_untyped(const char *name, size_t n)
{
    return n == strlen(NOTES_UNTYPED) && memcmp(name, NOTES_UNTYPED, n) == 0;
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
        return err_set("an empty name (notes without a type are named " NOTES_UNTYPED ")");
    int result = notes_add_name(&name, (const char *)element->data, element->len, scratch);
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
    for (int key = 0; key < NOTES_KEYS; key++) {
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

/* The types that an option names, or NULL. */
static const map *named(const notes_rules *r)
{
    return r->types ? r->types : r->not_types;
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
             read_names(&r->not_types, options->not_types, "not-types") == 0 &&
             (r->found = mem_array(named(r) ? map_size(named(r)) : 1, sizeof *r->found)))
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
    mem_free(r->found);
    mem_free(r);
}

const char *notes_rules_missing(const notes_rules *r, int32_t *next)
{
    for (int32_t i; named(r) && (i = *next) < map_size(named(r));) {
        ++*next;
        if (!atomic_load_explicit(&r->found[i], memory_order_relaxed))
            return map_key(named(r), i, NULL);
    }
    return NULL;
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
        n += snprintf(keys + n, sizeof keys - n, "%s%s%s", i > 0 ? "," : "", r->keys[i].backwards ? "-" : "",
                      key_names[r->keys[i].key]);
    pack_key(p, "order");
    pack_str(p, keys);
}

/* Whether the order is that of the input, also if it was given by an option. */
static bool is_as_given(const notes_rules *r)
{
    return r->n_keys == 0 || (r->keys[0].key == NOTES_BY_GIVEN && !r->keys[0].backwards);
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
