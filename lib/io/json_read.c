/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON. The reader is io/jsonpull.h, because jansson's reader can lose a character of a string when
 * memory is out, without an error. */
#include "base/err.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/json_private.h"
#include "io/jsonpull.h"
#include "io/show.h"

#include <stdbool.h>
#include <string.h>

/* ---- one value ---- */

static json_t *build(jsonpull *r, const jsonpull_value *v);

static int build_members(jsonpull *r, json_t *object)
{
    jsonpull_value v;
    int more;
    while ((more = jsonpull_member(r, &v)) > 0) {
        json_t *member = build(r, &v);
        if (!member)
            return -1;
        if (json_object_set_new_nocheck(object, v.key, member))
            return ecan_json_no_memory();
    }
    return more;
}

static int build_items(jsonpull *r, json_t *array)
{
    jsonpull_value v;
    int more;
    while ((more = jsonpull_item(r, &v)) > 0) {
        json_t *item = build(r, &v);
        if (!item)
            return -1;
        if (json_array_append_new(array, item))
            return ecan_json_no_memory();
    }
    return more;
}

static json_t *make_value(const jsonpull_value *v)
{
    switch (v->type) {
    case JSONPULL_OBJECT:
        return json_object();
    case JSONPULL_ARRAY:
        return json_array();
    case JSONPULL_STRING:
        return json_stringn_nocheck(v->s, v->n);
    case JSONPULL_INTEGER:
        return json_integer(v->i);
    case JSONPULL_REAL:
        return json_real(v->f);
    case JSONPULL_BOOL:
        return json_boolean(v->b);
    default:
        return json_null();
    }
}

/* The value that was just read or entered, with all its members. NULL with the message set. */
static json_t *build(jsonpull *r, const jsonpull_value *v)
{
    json_t *made = make_value(v);
    if (!made)
        ecan_json_no_memory();
    else if ((v->type == JSONPULL_OBJECT && build_members(r, made) < 0) ||
             (v->type == JSONPULL_ARRAY && build_items(r, made) < 0)) {
        json_decref(made);
        return NULL;
    }
    return made;
}

/* Puts "line L, column C, " before the message "byte N: ...". Offsets are those of the original text s. */
static void prefix_line(const jsonpull *r, const char *s)
{
    size_t line = 1, begin = 0;
    if (!r->wrong)
        return;
    const size_t at = r->wrong - r->start;
    for (size_t i = 0; i < at; i++)
        if (s[i] == '\n') {
            line++;
            begin = i + 1;
        }
    err_prefix("line %zu, column %zu, ", line, at - begin + 1);
}

/* with_line: the message names line and column. NULL with the message set. */
static json_t *parse(const char *s, size_t n, bool with_line)
{
    buf copy = {0}; /* jsonpull overwrites it */
    jsonpull r = {0};
    jsonpull_value first;
    json_t *v = NULL;
    if (buf_reserve(&copy, n + 1) == 0) {
        buf_add(&copy, s, n);
        copy.data[n] = '\0';
        if (jsonpull_open(&r, (char *)copy.data, n) == 0 && jsonpull_next(&r, &first) == 0 &&
            (v = build(&r, &first)) && jsonpull_end(&r) < 0) {
            json_decref(v);
            v = NULL;
        }
    }
    if (!v && with_line && err_get_class() == ERR_INPUT)
        prefix_line(&r, s);
    jsonpull_free(&r);
    buf_free(&copy);
    return v;
}

json_t *ecan_json_parse(const char *s, size_t n)
{
    return parse(s, n, true);
}

json_t *ecan_json_parse_line(const char *s, size_t n)
{
    return parse(s, n, false);
}

/* ---- several values in one text ---- */

int ecan_json_open(ecan_json_reader *in, const char *s, size_t n)
{
    *in = (ecan_json_reader){.s = s};
    if (buf_reserve(&in->copy, n + 1))
        return -1;
    buf_add(&in->copy, s, n);
    in->copy.data[n] = '\0';
    if (jsonpull_open(&in->pull, (char *)in->copy.data, n) == 0)
        return 0;
    prefix_line(&in->pull, s);
    return -1;
}

void ecan_json_close(ecan_json_reader *in)
{
    jsonpull_free(&in->pull);
    buf_free(&in->copy);
}

static bool is_mark(const char *s)
{
    return strncmp(s, "\xEF\xBB\xBF", 3) == 0;
}

/* The line of a byte. Successive calls for a reader have ascending positions. */
static size_t line_of(ecan_json_reader *in, size_t at)
{
    for (; in->counted < at; in->counted++)
        in->lines += in->s[in->counted] == '\n';
    return in->lines + 1;
}

int ecan_json_next(ecan_json_reader *in, json_t **v)
{
    jsonpull *r = &in->pull;
    jsonpull_value first;
    while (r->p < r->end && (strchr(" \t\r\n", *r->p) || is_mark(r->p)) && *r->p)
        r->p += is_mark(r->p) ? 3 : 1;
    in->line = line_of(in, r->p - r->start);
    if (r->p == r->end)
        return 0;
    *v = jsonpull_next(r, &first) == 0 ? build(r, &first) : NULL;
    if (*v)
        return 1;
    prefix_line(r, in->s);
    return -1;
}

void ecan_json_skip(ecan_json_reader *in)
{
    jsonpull *r = &in->pull;
    const size_t n = r->end - r->start, wrong = r->wrong ? (size_t)(r->wrong - r->start) : n;
    const size_t from = wrong > 0 ? wrong - 1 : 0;
    const char *next = memmem(in->s + from, n - from, "\n{", 2);
    r->p = next ? r->start + (next + 1 - in->s) : r->end;
    r->wrong = NULL;
    r->entered = false;
    r->depth = 0;
    r->n_keys = 0;
}

json_t *ecan_json_read_file(const char *path)
{
    file_map f;
    if (file_map_open(&f, path))
        return NULL;
    json_t *v = ecan_json_parse((const char *)f.data, f.size);
    file_map_close(&f);
    if (v == NULL)
        err_prefix("%s: ", path);
    return v;
}

json_t *ecan_json_from_msgpack(const unsigned char *data, size_t n)
{
    buf text = {0};
    json_t *v =
        show_object(&text, data, n, false) < 0 ? NULL : ecan_json_parse((const char *)text.data, text.len);
    buf_free(&text);
    return v;
}
