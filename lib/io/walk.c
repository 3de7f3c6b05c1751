/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes msgpack heads. It allocates nothing, copies nothing and knows nothing about records. */
#include "io/walk.h"

#include "base/err.h"
#include "io/utf8check.h"

#include <stdbool.h>
#include <string.h>

static uint64_t big_endian(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static void set_uint(walk_value *v, uint64_t u)
{
    v->type = WALK_UINT;
    v->u = u;
    v->i = u <= INT64_MAX ? (int64_t)u : INT64_MAX;
    v->f = (double)u;
}

static void set_int(walk_value *v, int64_t i)
{
    if (i >= 0) {
        set_uint(v, (uint64_t)i);
        return;
    }
    v->type = WALK_INT;
    v->i = i;
    v->f = (double)i;
}

/* Interprets the n low bytes of u as a number in two's complement. */
static int64_t sign_extended(uint64_t u, size_t n)
{
    uint64_t sign = (uint64_t)1 << (8 * n - 1);
    uint64_t low = u & (sign - 1);
    return u & sign ? (int64_t)low - (int64_t)(sign - 1) - 1 : (int64_t)low;
}

static void set_sized(walk_value *v, walk_type type, uint32_t size)
{
    v->type = type;
    v->size = size;
}

static void set_float(walk_value *v, uint64_t bits, size_t n)
{
    v->type = WALK_FLOAT;
    if (n == 4) {
        uint32_t low = (uint32_t)bits;
        float f;
        memcpy(&f, &low, 4);
        v->f = (double)f;
    } else {
        memcpy(&v->f, &bits, 8);
    }
}

/* What follows the first byte of a head: the bytes of a number or of a length. */
typedef enum head_kind {
    HEAD_NONE,
    HEAD_UINT,
    HEAD_INT,
    HEAD_FLOAT,
    HEAD_SIZED,
    HEAD_FIXEXT,
    HEAD_BAD
} head_kind;

static const struct head {
    unsigned char kind, bytes, type;
} heads[32] = {
    /* c0 */ {HEAD_NONE, 0, WALK_NIL},
    {HEAD_BAD, 0, 0},
    /* c2 */ {HEAD_NONE, 0, WALK_BOOL},
    {HEAD_NONE, 0, WALK_BOOL},
    /* c4 */ {HEAD_SIZED, 1, WALK_BIN},
    {HEAD_SIZED, 2, WALK_BIN},
    {HEAD_SIZED, 4, WALK_BIN},
    /* c7 */ {HEAD_SIZED, 1, WALK_EXT},
    {HEAD_SIZED, 2, WALK_EXT},
    {HEAD_SIZED, 4, WALK_EXT},
    /* ca */ {HEAD_FLOAT, 4, 0},
    {HEAD_FLOAT, 8, 0},
    /* cc */ {HEAD_UINT, 1, 0},
    {HEAD_UINT, 2, 0},
    {HEAD_UINT, 4, 0},
    /* cf */ {HEAD_UINT, 8, 0},
    {HEAD_INT, 1, 0},
    {HEAD_INT, 2, 0},
    /* d2 */ {HEAD_INT, 4, 0},
    {HEAD_INT, 8, 0},
    {HEAD_FIXEXT, 1, WALK_EXT},
    /* d5 */ {HEAD_FIXEXT, 2, WALK_EXT},
    {HEAD_FIXEXT, 4, WALK_EXT},
    {HEAD_FIXEXT, 8, WALK_EXT},
    /* d8 */ {HEAD_FIXEXT, 16, WALK_EXT},
    {HEAD_SIZED, 1, WALK_STR},
    {HEAD_SIZED, 2, WALK_STR},
    /* db */ {HEAD_SIZED, 4, WALK_STR},
    {HEAD_SIZED, 2, WALK_ARRAY},
    {HEAD_SIZED, 4, WALK_ARRAY},
    /* de */ {HEAD_SIZED, 2, WALK_MAP},
    {HEAD_SIZED, 4, WALK_MAP},
};

/* Decodes the head at p, of which n bytes are available, without its payload. *length is the size of the
 * head, *payload the number of bytes after it. Returns 1, 0 if more bytes are needed (*length to decode
 * the head), or -1. */
static int head(const unsigned char *p, size_t n, walk_value *v, size_t *length, size_t *payload)
{
    *v = (walk_value){0};
    *payload = 0;
    *length = 1;
    if (n == 0)
        return 0;
    unsigned char b = p[0];
    if (b < 0x80) {
        set_uint(v, b);
    } else if (b < 0x90) {
        set_sized(v, WALK_MAP, b & 15);
    } else if (b < 0xa0) {
        set_sized(v, WALK_ARRAY, b & 15);
    } else if (b < 0xc0) {
        set_sized(v, WALK_STR, b & 31);
        *payload = v->size;
    } else if (b >= 0xe0) {
        set_int(v, (int64_t)b - 256);
    } else {
        const struct head *h = &heads[b - 0xc0];
        if (h->kind == HEAD_BAD)
            return err_set("invalid msgpack: byte 0x%02x", b);
        bool ext = h->type == WALK_EXT;
        *length =
            1 + (size_t)(h->kind == HEAD_FIXEXT ? 0 : h->bytes) + ext; /* ext has one more byte, its type */
        if (n < *length)
            return 0;
        uint64_t u = h->kind == HEAD_FIXEXT ? h->bytes : big_endian(p + 1, h->bytes);
        switch ((head_kind)h->kind) {
        case HEAD_UINT:
            set_uint(v, u);
            break;
        case HEAD_INT:
            set_int(v, sign_extended(u, h->bytes));
            break;
        case HEAD_FLOAT:
            set_float(v, u, h->bytes);
            break;
        case HEAD_SIZED:
        case HEAD_FIXEXT:
            set_sized(v, (walk_type)h->type, (uint32_t)u);
            *payload = h->type == WALK_ARRAY || h->type == WALK_MAP ? 0 : v->size;
            break;
        default:
            v->type = (walk_type)h->type;
            v->u = b == 0xc3;
        }
    }
    v->data = p + *length;
    return 1;
}

/* The number of objects that must follow an array's or map's head; 0 for other types. */
static uint64_t children(const walk_value *v)
{
    return v->type == WALK_ARRAY ? v->size : v->type == WALK_MAP ? 2 * (uint64_t)v->size : 0;
}

/* An object has at least one byte, so a larger count than the available bytes is invalid. */
static int check_count(const walk_value *v, size_t at_hand)
{
    if (children(v) > at_hand)
        return err_set("%s of %u elements, but only %zu bytes remain", walk_name(v->type), (unsigned)v->size,
                       at_hand);
    return 0;
}

int walk_next(walk *w, walk_value *v)
{
    size_t at_hand = w->end - w->p, length, payload;
    int r = head(w->p, at_hand, v, &length, &payload);
    if (r <= 0)
        return r;
    if (payload > at_hand - length)
        return 0;
    if (check_count(v, at_hand - length) < 0)
        return -1;
    w->p += length + payload;
    return 1;
}

/* Continues from the state. whole: data[0 .. n) is complete, so counts are checked against it. */
static int resume(walk_state *s, const unsigned char *data, size_t n, bool whole, size_t *more)
{
    for (;;) {
        while (s->depth > 0 && s->left[s->depth - 1] == 0)
            s->depth--;
        if (s->depth == 0 && s->done > 0)
            return 1;
        size_t at_hand = n - s->done, length, payload;
        walk_value v;
        int r = head(data + s->done, at_hand, &v, &length, &payload);
        if (r < 0)
            return -1;
        if (r == 0 || payload > at_hand - length) {
            uint64_t missing = length + payload - at_hand;
            for (int d = 0; d < s->depth; d++)
                missing += s->left[d];
            missing -= s->depth > 0; /* the count above includes this object */
            *more = missing > SIZE_MAX ? SIZE_MAX : missing;
            return 0;
        }
        if (whole && check_count(&v, at_hand - length) < 0)
            return -1;
        if (s->depth > 0)
            s->left[s->depth - 1]--;
        s->done += length + payload;
        if (v.type == WALK_ARRAY || v.type == WALK_MAP) {
            if (s->depth == WALK_DEPTH)
                return err_set("nested deeper than %d levels", WALK_DEPTH);
            s->left[s->depth++] = children(&v);
        }
    }
}

int walk_resume(walk_state *state, const unsigned char *data, size_t n, size_t *more)
{
    return resume(state, data, n, false, more);
}

int walk_skip(walk *w)
{
    walk_state s;
    s.done = 0;
    s.depth = 0;
    size_t more;
    int r = resume(&s, w->p, w->end - w->p, true, &more);
    if (r == 1)
        w->p += s.done;
    return r;
}

/* Reads the next head, which must be complete. */
static int next(walk *w, walk_value *v)
{
    int r = walk_next(w, v);
    return r == 0 ? err_set("unexpected end of data within an object") : r < 0 ? -1 : 0;
}

static int expected(const char *expected, const walk_value *v)
{
    return err_set("expected %s, found %s", expected, walk_name(v->type));
}

int walk_str(walk *w, const char **s, size_t *n)
{
    walk_value v;
    if (next(w, &v) < 0)
        return -1;
    if (v.type != WALK_STR)
        return expected("a string", &v);
    size_t bad;
    if (!utf8_check(v.data, v.size, &bad))
        return err_set("invalid UTF-8 at byte %zu of a string", bad);
    *s = (const char *)v.data;
    *n = v.size;
    return 0;
}

int walk_int(walk *w, int64_t *i)
{
    walk_value v;
    if (next(w, &v) < 0)
        return -1;
    if (v.type != WALK_UINT && v.type != WALK_INT)
        return expected("an integer", &v);
    if (v.type == WALK_UINT && v.u > INT64_MAX)
        return err_set("the integer does not fit into 63 bits");
    *i = v.i;
    return 0;
}

int walk_double(walk *w, double *f)
{
    walk_value v;
    if (next(w, &v) < 0)
        return -1;
    if (v.type != WALK_UINT && v.type != WALK_INT && v.type != WALK_FLOAT)
        return expected("a number", &v);
    *f = v.f;
    return 0;
}

int walk_bool(walk *w, int *b)
{
    walk_value v;
    if (next(w, &v) < 0)
        return -1;
    if (v.type != WALK_BOOL)
        return expected("true or false", &v);
    *b = (int)v.u;
    return 0;
}

int walk_array(walk *w, uint32_t *n)
{
    walk_value v;
    if (next(w, &v) < 0)
        return -1;
    if (v.type != WALK_ARRAY)
        return expected("an array", &v);
    *n = v.size;
    return 0;
}

int walk_map(walk *w, uint32_t *n)
{
    walk_value v;
    if (next(w, &v) < 0)
        return -1;
    if (v.type != WALK_MAP)
        return expected("a map", &v);
    *n = v.size;
    return 0;
}

const char *walk_name(walk_type t)
{
    static const char *const names[] = {"nil",      "a boolean",    "an integer",   "an integer", "a float",
                                        "a string", "binary bytes", "an extension", "an array",   "a map"};
    return names[t];
}
