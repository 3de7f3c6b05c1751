/* SPDX-License-Identifier: Apache-2.0 */
/* Writes JSON. jansson prints every real of a text with one number of digits: 17 show 0.1 as
 * 0.10000000000000001, and fewer digits do not distinguish all doubles. */
#include "base/c_locale.h"
#include "base/digits.h"
#include "base/err.h"
#include "base/mem.h"
#include "io/json_private.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
    w.failed |= buf_add(&w.text, "", 1) < 0 || ecan_json_was_incomplete();
    if (!w.failed)
        return (char *)w.text.data;
    buf_free(&w.text);
    ecan_json_no_memory();
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
    return whole ? 0 : err_io("cannot write: %s", err_reason(error));
}

int ecan_json_write_line(FILE *f, const json_t *v)
{
    return write_to(f, v, FLAT);
}

int ecan_json_write_file(const char *path, const json_t *v)
{
    FILE *f = fopen(path, "we");
    if (f == NULL)
        return err_io("%s: cannot write: %s", path, err_reason(errno));
    int failed = write_to(f, v, 0);
    if (fclose(f) != 0 && !failed)
        failed = err_io("cannot write: %s", err_reason(errno));
    return failed ? err_prefix("%s: ", path) : 0;
}
