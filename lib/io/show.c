/* SPDX-License-Identifier: Apache-2.0 */
/* Text is written directly, without a tree of JSON values: the tensors of a record may be too large for a
 * tree, and msgpack maps may have keys that JSON objects cannot have (numbers). */
#include "io/show.h"
#include "io/base64.h"

#include "base/digits.h"
#include "base/err.h"
#include "base/little_endian.h"
#include "base/ratio.h"
#include "io/stream.h"
#include "io/utf8check.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct shower {
    buf *out;
    const unsigned char *begin; /* start of the object, for offsets in messages */
    bool full;
} shower;

int show_text(buf *out, const char *text)
{
    return buf_add(out, text, strlen(text));
}

/* ---- numbers ---- */

int show_number(buf *out, float f)
{
    char text[DIGITS_ROOM];
    if (!isfinite(f))
        return show_text(out, "null");
    digits_float(text, f);
    return show_text(out, text);
}

static int show_double(buf *out, double f)
{
    char text[DIGITS_ROOM];
    if (!isfinite(f))
        return show_text(out, "null");
    digits_double(text, f);
    return show_text(out, text);
}

/* A float keeps a decimal point, so that it is not mistaken for an integer. */
static int show_real(buf *out, double f)
{
    size_t before = out->len;
    bool single = isfinite(f) && (double)(float)f == f;
    if ((single ? show_number(out, (float)f) : show_double(out, f)) < 0)
        return -1;
    size_t n = out->len - before;
    bool whole = isfinite(f) && !memchr(out->data + before, '.', n) && !memchr(out->data + before, 'e', n);
    return whole ? show_text(out, ".0") : 0;
}

static int show_count(buf *out, uint64_t n)
{
    char text[DIGITS_ROOM];
    snprintf(text, sizeof text, "%" PRIu64, n);
    return show_text(out, text);
}

static int show_int(buf *out, int64_t n)
{
    char text[DIGITS_ROOM];
    snprintf(text, sizeof text, "%" PRId64, n);
    return show_text(out, text);
}

/* ---- strings and bytes ---- */

/* Writes one character that must be escaped. */
static int show_escape(buf *out, unsigned code)
{
    static const char short_forms[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    char text[8];
    for (const char *p = short_forms; *p; p += 2)
        if ((unsigned)*p == code) {
            snprintf(text, sizeof text, "\\%c", p[1]);
            return show_text(out, text);
        }
    snprintf(text, sizeof text, "\\u%04x", code & 0xffff);
    return show_text(out, text);
}

/* Returns the code of the character at s if it must be escaped (quotes and the controls C0, C1 and
 * delete), otherwise -1. */
static int escaped(const unsigned char *s, size_t length)
{
    if (length == 1)
        return *s < 0x20 || *s == '"' || *s == '\\' || *s == 0x7f ? *s : -1;
    return length == 2 && s[0] == 0xc2 && s[1] < 0xa0 ? s[1] : -1;
}

int show_string(buf *out, const char *string, size_t n)
{
    const unsigned char *s = (const unsigned char *)string;
    size_t plain = 0; /* s[plain .. i) needs no escapes */
    if (n == 0)       /* string may be NULL */
        return show_text(out, "\"\"");
    if (show_text(out, "\"") < 0)
        return -1;
    for (size_t i = 0, length; i < n; i += length) {
        length = utf8_length(s + i, n - i);
        if (length == 0)
            return err_set("invalid UTF-8 at byte %zu of a string", i);
        int code = escaped(s + i, length);
        if (code < 0)
            continue;
        if (buf_add(out, s + plain, i - plain) < 0 || show_escape(out, (unsigned)code) < 0)
            return -1;
        plain = i + length;
    }
    return buf_add(out, s + plain, n - plain) < 0 ? -1 : show_text(out, "\"");
}

static int show_bytes(buf *out, const walk_value *v)
{
    if (v->type == WALK_EXT && (show_text(out, "{\"ext\": ") < 0 ||
                                show_int(out, (signed char)v->data[-1]) < 0 || show_text(out, ", ") < 0))
        return -1;
    if (v->type == WALK_BIN && show_text(out, "{") < 0)
        return -1;
    if (show_text(out, "\"bin\": \"") < 0 || base64_encode(out, v->data, v->size) < 0)
        return -1;
    return show_text(out, "\"}");
}

/* ---- tensors ---- */

static float float_at(const unsigned char *data, size_t i)
{
    float f;
    copy_le32(&f, data + 4 * i, 1);
    return f;
}

static int32_t int_at(const unsigned char *data, size_t i)
{
    return (int32_t)load_le32(data + 4 * i);
}

static int show_element(buf *out, char type, const unsigned char *data, size_t i)
{
    return type == 'f' ? show_number(out, float_at(data, i)) : show_int(out, int_at(data, i));
}

/* Writes the numbers from *i on as nested lists. */
static int show_nested(buf *out, char type, const unsigned char *data, int ndim, const size_t *shape,
                       size_t *i)
{
    if (ndim == 0)
        return show_element(out, type, data, (*i)++);
    if (show_text(out, "[") < 0)
        return -1;
    for (size_t k = 0; k < shape[0]; k++)
        if ((k > 0 && show_text(out, ", ") < 0) || show_nested(out, type, data, ndim - 1, shape + 1, i) < 0)
            return -1;
    return show_text(out, "]");
}

/* A tensor without numbers is written as [] whatever its shape: a few input bytes can describe 2^60 empty
 * rows. */
static int show_numbers(buf *out, char type, const unsigned char *data, int ndim, const size_t *shape)
{
    size_t i = 0;
    for (int d = 0; d < ndim; d++)
        if (shape[d] == 0)
            return show_text(out, "[]");
    return show_nested(out, type, data, ndim, shape, &i);
}

int show_floats(buf *out, const float *f, int ndim, const size_t *shape)
{
    return show_numbers(out, 'f', (const unsigned char *)f, ndim, shape);
}

static int show_shape(buf *out, int ndim, const size_t *shape)
{
    if (show_text(out, "[") < 0)
        return -1;
    for (int d = 0; d < ndim; d++)
        if ((d > 0 && show_text(out, ", ") < 0) || show_count(out, shape[d]) < 0)
            return -1;
    return show_text(out, "]");
}

static int show_pair(buf *out, const char *key, double value)
{
    return show_text(out, key) < 0 ? -1 : show_double(out, value);
}

/* Writes the minimum, maximum and mean of the finite numbers, and counts the others. */
static int summarise(buf *out, char type, const unsigned char *data, size_t count)
{
    double least = INFINITY, largest = -INFINITY, sum = 0;
    uint64_t nan = 0, infinite = 0;
    for (size_t i = 0; i < count; i++) {
        double f = type == 'f' ? (double)float_at(data, i) : int_at(data, i);
        if (!isfinite(f)) {
            nan += isnan(f) != 0;
            infinite += isinf(f) != 0;
            continue;
        }
        least = fmin(least, f);
        largest = fmax(largest, f);
        sum += f;
    }
    double finite = (double)(count - nan - infinite);
    if (type == 'f') { /* floats: the mean is shown with the precision of a float, too */
        if (show_text(out, "\"min\": ") < 0 || show_number(out, (float)least) < 0 ||
            show_text(out, ", \"max\": ") < 0 || show_number(out, (float)largest) < 0 ||
            show_text(out, ", \"mean\": ") < 0 || show_number(out, (float)ratio(sum, (double)finite)) < 0 ||
            show_text(out, ", \"nan\": ") < 0 || show_count(out, nan) < 0 ||
            show_text(out, ", \"infinite\": ") < 0)
            return -1;
        return show_count(out, infinite);
    }
    if (show_pair(out, "\"min\": ", least) < 0 || show_pair(out, ", \"max\": ", largest) < 0)
        return -1;
    return show_pair(out, ", \"mean\": ", ratio(sum, (double)finite));
}

int show_summary(buf *out, const float *f, size_t count)
{
    return summarise(out, 'f', (const unsigned char *)f, count);
}

static int show_tensor(const shower *s, const tensor *t)
{
    if (s->full)
        return show_numbers(s->out, t->type, t->data, t->ndim, t->shape);
    if (show_text(s->out, t->type == 'f' ? "{\"tensor\": \"f4\", \"shape\": "
                                         : "{\"tensor\": \"i4\", \"shape\": ") < 0 ||
        show_shape(s->out, t->ndim, t->shape) < 0 || show_text(s->out, ", ") < 0 ||
        summarise(s->out, t->type, t->data, t->count) < 0)
        return -1;
    return show_text(s->out, "}");
}

/* ---- objects ---- */

static int show_value(const shower *s, walk *w);

static int show_located(const shower *s, const walk_value *v)
{
    if (show_string(s->out, (const char *)v->data, v->size) == 0)
        return 0;
    return err_prefix("byte %td: ", v->data - s->begin);
}

/* Writes a key. Strings, and bytes that are text (as Python 2 and msgpack-numpy write them), are written
 * unchanged. Other keys are written as a string of their JSON text. */
static int show_key(const shower *s, walk *w)
{
    walk at = *w;
    walk_value v;
    size_t bad;
    if (walk_next(&at, &v) != 1)
        return err_set("unexpected end of data within a map");
    if (v.type == WALK_STR || (v.type == WALK_BIN && utf8_check(v.data, v.size, &bad))) {
        *w = at;
        return show_located(s, &v);
    }
    buf text = {0};
    shower inner = {&text, s->begin, s->full};
    int result = show_value(&inner, w) < 0 ? -1 : show_string(s->out, (const char *)text.data, text.len);
    buf_free(&text);
    return result;
}

static int show_map(const shower *s, walk *w, uint32_t n)
{
    if (show_text(s->out, "{") < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if ((i > 0 && show_text(s->out, ", ") < 0) || show_key(s, w) < 0 || show_text(s->out, ": ") < 0 ||
            show_value(s, w) < 0)
            return -1;
    return show_text(s->out, "}");
}

static int show_array(const shower *s, walk *w, uint32_t n)
{
    if (show_text(s->out, "[") < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if ((i > 0 && show_text(s->out, ", ") < 0) || show_value(s, w) < 0)
            return -1;
    return show_text(s->out, "]");
}

static int show_value(const shower *s, walk *w)
{
    walk at = *w;
    walk_value v;
    tensor t;
    if (walk_next(w, &v) != 1)
        return err_set("unexpected end of data within an object");
    switch (v.type) {
    case WALK_NIL:
        return show_text(s->out, "null");
    case WALK_BOOL:
        return show_text(s->out, v.u ? "true" : "false");
    case WALK_UINT:
        return show_count(s->out, v.u);
    case WALK_INT:
        return show_int(s->out, v.i);
    case WALK_FLOAT:
        return show_real(s->out, v.f);
    case WALK_STR:
        return show_located(s, &v);
    case WALK_ARRAY:
        return show_array(s, w, v.size);
    case WALK_MAP:
        if (v.size < 4 || tensor_read(&at, &t) < 0)
            return show_map(s, w, v.size);
        *w = at;
        return show_tensor(s, &t);
    default:
        return show_bytes(s->out, &v);
    }
}

int show_object(buf *out, const unsigned char *data, size_t n, bool full)
{
    walk w = {data, data + n};
    return show_value(&(shower){out, data, full}, &w);
}
