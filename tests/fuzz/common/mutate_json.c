/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A value within another. */
typedef struct place {
    json_t *parent;
    const char *key;
    size_t index;
} place;

/* Passes over `left` values; the next one is the place. Returns how many are still to be passed over. */
static size_t find(json_t *v, size_t left, place *at)
{
    const char *key;
    json_t *inner;
    size_t i;
    json_object_foreach(v, key, inner)
    {
        if (left-- == 0) {
            *at = (place){v, key, 0};
            return SIZE_MAX;
        }
        if ((left = find(inner, left, at)) == SIZE_MAX)
            return left;
    }
    json_array_foreach(v, i, inner)
    {
        if (left-- == 0) {
            *at = (place){v, NULL, i};
            return SIZE_MAX;
        }
        if ((left = find(inner, left, at)) == SIZE_MAX)
            return left;
    }
    return left;
}

static size_t count(json_t *v)
{
    place at;
    const size_t many = SIZE_MAX / 2;
    return many - find(v, many, &at);
}

static json_t *value_at(const place *at)
{
    return at->key ? json_object_get(at->parent, at->key) : json_array_get(at->parent, at->index);
}

static json_t *interesting(void)
{
    switch (mutate_random(12)) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_object();
    case 3:
        return json_array();
    case 4:
        return json_string("");
    case 5:
        return json_string("\xc3\xa9\xf0\x9f\x98\x80");
    case 6:
        return json_integer(INT64_MAX);
    case 7:
        return json_integer(INT64_MIN);
    case 8:
        return json_integer(-1);
    case 9:
        return json_integer(mutate_random(70000));
    case 10:
        return json_real(mutate_random(2) ? 1e300 : 0.5);
    default:
        return json_integer(mutate_random(4));
    }
}

/* A string with changed bytes; the same if they are not UTF-8. */
static json_t *changed_string(const json_t *v)
{
    uint8_t s[256];
    const size_t n = json_string_length(v);
    if (n > 200)
        return interesting();
    memcpy(s, json_string_value(v), n);
    json_t *made = json_stringn((const char *)s, mutate_bytes(s, n, sizeof s));
    return made ? made : json_string("a");
}

static json_t *changed(json_t *root, const json_t *v)
{
    place other;
    switch (mutate_random(4)) {
    case 0:
        if (json_is_string(v))
            return changed_string(v);
        if (json_is_integer(v))
            return json_integer((json_int_t)((uint64_t)json_integer_value(v) + mutate_random(5) - 2));
        return interesting();
    case 1:
        (void)find(root, mutate_random(count(root)), &other);
        return json_deep_copy(value_at(&other));
    case 2: {
        json_t *inside = json_array();
        json_array_append_new(inside, json_deep_copy(v));
        return inside;
    }
    default:
        return interesting();
    }
}

static void mutate_value(json_t *root)
{
    place at;
    const size_t n = count(root);
    if (n == 0)
        return;
    (void)find(root, mutate_random(n), &at);
    json_t *v = value_at(&at);
    const uint32_t what = mutate_random(4);
    if (what == 0 && at.key)
        json_object_del(at.parent, at.key);
    else if (what == 0)
        json_array_remove(at.parent, at.index);
    else if (what == 1 && !at.key)
        json_array_insert_new(at.parent, at.index, json_deep_copy(v));
    else if (at.key)
        json_object_set_new(at.parent, at.key, changed(root, v));
    else
        json_array_set_new(at.parent, at.index, changed(root, v));
}

static void mutate_text(buf *out, const uint8_t *s, size_t n)
{
    json_t *v = json_loadb((const char *)s, n, JSON_ALLOW_NUL, NULL);
    char *text = NULL;
    if (v) {
        mutate_value(v);
        text = json_dumps(v, mutate_random(8) ? 0 : JSON_ENSURE_ASCII);
    }
    if (text)
        buf_add(out, text, strlen(text));
    else
        buf_add(out, s, n);
    json_decref(v);
    free(text);
}

void mutate_json(buf *out, const uint8_t *s, size_t n)
{
    json_t *whole = json_loadb((const char *)s, n, JSON_ALLOW_NUL, NULL);
    json_decref(whole);
    if (whole) {
        mutate_text(out, s, n);
        return;
    }
    /* one of the lines, which is repeated in some cases */
    size_t begin = mutate_random(n), end = begin;
    while (begin > 0 && s[begin - 1] != '\n')
        begin--;
    while (end < n && s[end] != '\n')
        end++;
    buf_add(out, s, begin);
    mutate_text(out, s + begin, end - begin);
    if (mutate_random(8) == 0) {
        buf_add(out, "\n", 1);
        buf_add(out, s + begin, end - begin);
    }
    buf_add(out, s + end, n - end);
}
