/* SPDX-License-Identifier: Apache-2.0 */
/* The result of the pull reader as a value of jansson, to compare it with the result of jansson. */
#ifndef ECAN_TESTS_PULLED_H
#define ECAN_TESTS_PULLED_H

#include "base/mem.h"
#include "io/json.h"
#include "io/jsonpull.h"

#include <stdlib.h>
#include <string.h>

static json_t *pulled_value(jsonpull *r, const jsonpull_value *v);

/* Takes the members or items of what was entered; NULL where one is bad. */
static json_t *pulled_inner(jsonpull *r, bool object)
{
    json_t *all = object ? json_object() : json_array();
    jsonpull_value v;
    int more;
    while ((more = object ? jsonpull_member(r, &v) : jsonpull_item(r, &v)) > 0) {
        json_t *one = pulled_value(r, &v);
        if (!one || (object ? json_object_set_new(all, v.key, one) : json_array_append_new(all, one)) < 0) {
            more = -1;
            break;
        }
    }
    if (more == 0)
        return all;
    json_decref(all);
    return NULL;
}

static json_t *pulled_value(jsonpull *r, const jsonpull_value *v)
{
    switch (v->type) {
    case JSONPULL_NULL:
        return json_null();
    case JSONPULL_BOOL:
        return json_boolean(v->b);
    case JSONPULL_INTEGER:
        return json_integer(v->i);
    case JSONPULL_REAL:
        return json_real(v->f);
    case JSONPULL_STRING:
        return strlen(v->s) <= v->n && v->s[v->n] == '\0' ? json_stringn(v->s, v->n) : NULL;
    default:
        return pulled_inner(r, v->type == JSONPULL_OBJECT);
    }
}

/* NULL with the message set. */
static json_t *pulled(const char *text, size_t n)
{
    jsonpull r = {0};
    jsonpull_value v;
    char *copy = malloc(n + 1); /* exactly, so that a sanitizer sees a step too far */
    if (!copy)
        abort();
    if (n > 0)
        memcpy(copy, text, n);
    copy[n] = '\0';
    json_t *value = NULL;
    if (jsonpull_open(&r, copy, n) == 0 && jsonpull_next(&r, &v) == 0)
        value = pulled_value(&r, &v);
    if (value && jsonpull_end(&r) < 0) {
        json_decref(value);
        value = NULL;
    }
    jsonpull_free(&r);
    free(copy);
    return value;
}

/* Arrays and objects that lie in one another. */
static int pulled_depth(const json_t *v)
{
    int deepest = 0;
    size_t i;
    const char *key;
    json_t *inner;
    if (!json_is_array(v) && !json_is_object(v))
        return 0;
    json_array_foreach(v, i, inner)
    {
        int depth = pulled_depth(inner);
        deepest = depth > deepest ? depth : deepest;
    }
    json_object_foreach((json_t *)v, key, inner)
    {
        int depth = pulled_depth(inner);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* Whether both read the text, as the same value, or both refuse it. Two differences are known: jansson
 * accepts deeper nesting, and ignores a NUL after a number. */
static bool pulled_as_jansson(const char *text, size_t n)
{
    json_t *ours = pulled(text, n),
           *theirs = json_loadb(text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    bool same = ours && theirs
                    ? json_equal(ours, theirs)
                    : !ours && (!theirs || pulled_depth(theirs) > WALK_DEPTH || memchr(text, '\0', n));
    json_decref(ours);
    json_decref(theirs);
    return same;
}

#endif
