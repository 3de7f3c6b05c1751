/* SPDX-License-Identifier: Apache-2.0 */
/* Values are those of jansson. Texts are read by io/jsonpull.h, because jansson's reader silently loses a
 * character of a string when memory is out. Texts are written here, because jansson prints all reals with the
 * same number of digits: 17 digits show 0.1 as 0.10000000000000001, and fewer digits do not distinguish all
 * doubles. */
#include "io/json.h"
#include "base/c_locale.h"
#include "base/digits.h"
#include "base/err.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/jsonpull.h"
#include "io/show.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- making objects and arrays ---- */

/* A value could not be added to an object or array of this thread. */
static _Thread_local bool incomplete;

/* jansson also fails on a string that is not UTF-8; here only names of files can be such strings. */
static int no_memory(void)
{
    return err_memory("out of memory, or a name that is not UTF-8 (JSON)");
}

int ecan_json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) == 0)
        return 0;
    incomplete = true;
    return no_memory();
}

int ecan_json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) == 0)
        return 0;
    incomplete = true;
    return no_memory();
}

/* Whether a value could not be added since the last call. */
static bool was_incomplete(void)
{
    const bool was = incomplete;
    incomplete = false;
    return was;
}

json_t *ecan_json_complete(json_t *v)
{
    if (!was_incomplete() && v)
        return v;
    json_decref(v);
    no_memory();
    return NULL;
}

/* ---- reading ---- */

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
            return no_memory();
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
            return no_memory();
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
        no_memory();
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
    const size_t at = (size_t)(r->wrong - r->start);
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
    in->line = line_of(in, (size_t)(r->p - r->start));
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
    const size_t n = (size_t)(r->end - r->start), wrong = r->wrong ? (size_t)(r->wrong - r->start) : n;
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

static const char *differs_from(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(size_t)a, key, value)
    {
        if (!json_equal(value, json_object_get(b, key)))
            return key;
    }
    return NULL;
}

const char *ecan_json_difference(const json_t *a, const json_t *b)
{
    if (!json_is_object(a) || !json_is_object(b))
        return "";
    const char *key = differs_from(a, b);
    return key ? key : differs_from(b, a);
}

/* ---- numbers ---- */

json_t *ecan_json_float(float f)
{
    char text[DIGITS_ROOM];
    if (!isfinite(f))
        return json_null();
    const locale_t before = uselocale(c_locale());
    digits_float(text, f);
    const double d = strtod(text, NULL);
    uselocale(before);
    return json_real(d);
}

json_t *ecan_json_double(double d)
{
    return isfinite(d) ? json_real(d) : json_null();
}

/* ---- writing ---- */

#define INDENT 2
#define FLAT   (-1) /* instead of a depth: all on one line */

/* An allocation failure is remembered and checked at the end. */
typedef struct writer {
    buf text;
    bool failed;
} writer;

static void put(writer *w, const char *s)
{
    w->failed |= buf_add(&w->text, s, strlen(s)) < 0;
}

static void put_real(writer *w, double d)
{
    char text[DIGITS_ROOM];
    digits_double(text, d);
    put(w, text);
    if (text[strcspn(text, ".e")] == '\0')
        put(w, ".0"); /* keeps it a real */
}

static int append_bytes(const char *bytes, size_t n, void *w)
{
    return buf_add(&((writer *)w)->text, bytes, n);
}

/* Writes a string, a whole number, true, false or null, as jansson does. */
static void put_simple(writer *w, const json_t *v)
{
    w->failed |= json_dump_callback(v, append_bytes, w, JSON_ENCODE_ANY) < 0;
}

static void put_string(writer *w, const char *s, size_t n)
{
    json_t *v = json_stringn_nocheck(s, n);
    if (v != NULL)
        put_simple(w, v);
    w->failed |= v == NULL;
    json_decref(v);
}

static void new_line(writer *w, int depth)
{
    put(w, "\n");
    for (int i = 0; i < INDENT * depth; i++)
        put(w, " ");
}

static void put_gap(writer *w, bool first, int depth)
{
    if (!first)
        put(w, depth == FLAT ? ", " : ",");
    if (depth != FLAT)
        new_line(w, depth);
}

/* Arrays of numbers are written on one line: "channels": [100, 100]. */
static bool is_nested(const json_t *array)
{
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item) if (json_is_object(item) || json_is_array(item)) return true;
    return false;
}

static void put_value(writer *w, const json_t *v, int depth);

static void put_array(writer *w, const json_t *v, int depth)
{
    int inner = depth == FLAT || !is_nested(v) ? FLAT : depth + 1;
    size_t i;
    json_t *item;
    put(w, "[");
    json_array_foreach(v, i, item)
    {
        put_gap(w, i == 0, inner);
        put_value(w, item, inner);
    }
    if (inner != FLAT)
        new_line(w, depth);
    put(w, "]");
}

static void put_object(writer *w, const json_t *v, int depth)
{
    int inner = depth == FLAT || json_object_size(v) == 0 ? FLAT : depth + 1;
    bool first = true;
    put(w, "{");
    /* jansson's iterators need a pointer that is not const, but change nothing */
    for (void *at = json_object_iter((json_t *)v); at != NULL; at = json_object_iter_next((json_t *)v, at)) {
        const char *key = json_object_iter_key(at);
        put_gap(w, first, inner);
        put_string(w, key, strlen(key));
        put(w, ": ");
        put_value(w, json_object_iter_value(at), inner);
        first = false;
    }
    if (inner != FLAT)
        new_line(w, depth);
    put(w, "}");
}

static void put_value(writer *w, const json_t *v, int depth)
{
    if (json_is_object(v))
        put_object(w, v, depth);
    else if (json_is_array(v))
        put_array(w, v, depth);
    else if (json_is_real(v))
        put_real(w, json_real_value(v));
    else
        put_simple(w, v);
}

/* Returns the text, followed by `end` and a NUL. *n does not count the NUL. NULL if memory is out. */
static char *write_text(const json_t *v, int depth, const char *end, size_t *n)
{
    writer w = {0};
    const locale_t before = uselocale(c_locale());
    put_value(&w, v, depth);
    uselocale(before);
    put(&w, end);
    *n = w.text.len;
    w.failed |= buf_add(&w.text, "", 1) < 0 || was_incomplete();
    if (!w.failed)
        return (char *)w.text.data;
    buf_free(&w.text);
    no_memory();
    return NULL;
}

char *ecan_json_text(const json_t *v)
{
    size_t n;
    return write_text(v, FLAT, "", &n);
}

static int write_to(FILE *f, const json_t *v, int depth)
{
    size_t n;
    char *text = write_text(v, depth, "\n", &n);
    if (text == NULL)
        return -1;
    bool whole = fwrite(text, 1, n, f) == n;
    int error = errno;
    free(text);
    return whole ? 0 : err_io("cannot write: %s", strerror(error));
}

int ecan_json_write_line(FILE *f, const json_t *v)
{
    return write_to(f, v, FLAT);
}

int ecan_json_write_file(const char *path, const json_t *v)
{
    FILE *f = fopen(path, "we");
    if (f == NULL)
        return err_io("%s: cannot write: %s", path, strerror(errno));
    int failed = write_to(f, v, 0);
    if (fclose(f) != 0 && !failed)
        failed = err_io("cannot write: %s", strerror(errno));
    return failed ? err_prefix("%s: ", path) : 0;
}
