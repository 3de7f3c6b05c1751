/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include "io/stream.h"

#include <math.h>
#include <string.h>

/* The objects are copied one by one. When `left` are copied, the next one is changed. */
typedef struct copying {
    pack *out;
    size_t left;
    const uint8_t *s; /* the whole input */
    size_t n;
} copying;

void mutate_number(uint8_t *s)
{
    static const float floats[] = {0,        -0.0f,     1,      -1,    0.5f,      NAN,
                                   INFINITY, -INFINITY, 1e-40f, 3e38f, 1.0000001f};
    static const int32_t ints[] = {0, 1, 2, -1, INT32_MAX, INT32_MIN, 65536};
    int32_t i;
    memcpy(&i, s, 4);
    switch (mutate_random(3)) {
    case 0:
        memcpy(s, &floats[mutate_random(sizeof floats / sizeof *floats)], 4);
        break;
    case 1:
        memcpy(s, &ints[mutate_random(sizeof ints / sizeof *ints)], 4);
        break;
    default:
        i = (int32_t)((uint32_t)i + mutate_random(5) - 2);
        memcpy(s, &i, 4);
    }
}

/* Other numbers, or another shape with as many numbers as it needs. */
static void change_tensor(pack *out, const tensor *t)
{
    size_t shape[TENSOR_DIMS + 1] = {0}, count = 1;
    int ndim = t->ndim;
    buf data = {0};
    memcpy(shape, t->shape, (size_t)ndim * sizeof *shape);
    const uint32_t what = mutate_random(4);
    if (what == 0 && ndim > 0)
        shape[mutate_random((size_t)ndim)] += mutate_random(3) - 1;
    else if (what == 1 && ndim < TENSOR_DIMS)
        shape[ndim++] = 1;
    for (int i = 0; i < ndim; i++) {
        if (shape[i] > 256)
            shape[i] = 0;
        count *= shape[i];
    }
    if (count > 65536)
        count = shape[0] = 0;
    buf_reserve(&data, 4 * count + 4);
    memset(data.data, 0, 4 * count + 4);
    memcpy(data.data, t->data, 4 * (count < t->count ? count : t->count));
    if (what > 1 && count > 0)
        mutate_number(data.data + 4 * mutate_random(count));
    if ((t->type == 'f') != (mutate_random(16) == 0))
        pack_f4(out, (const float *)(const void *)data.data, ndim, shape);
    else
        pack_i4(out, (const int32_t *)(const void *)data.data, ndim, shape);
    buf_free(&data);
}

static void put_interesting(pack *out)
{
    switch (mutate_random(10)) {
    case 0:
        pack_nil(out);
        break;
    case 1:
        pack_bool(out, true);
        break;
    case 2:
        pack_array(out, 0);
        break;
    case 3:
        pack_map(out, 0);
        break;
    case 4:
        pack_str(out, "");
        break;
    case 5:
        pack_str(out, "I10");
        break;
    case 6:
        pack_double(out, mutate_random(2) ? NAN : 0.25);
        break;
    case 7:
        pack_uint(out, UINT64_MAX);
        break;
    case 8:
        pack_int(out, -1);
        break;
    default:
        pack_int(out, mutate_random(4));
    }
}

/* A random object of the input. */
static void put_other(copying *c)
{
    walk w = {c->s, c->s + c->n};
    walk_value v;
    const uint8_t *at = c->s;
    for (uint32_t i = mutate_random(64); i > 0 && w.p < w.end; i--) {
        at = w.p;
        if (walk_next(&w, &v) != 1)
            break;
    }
    w.p = at;
    if (walk_skip(&w) == 1)
        pack_raw(c->out, at, (size_t)(w.p - at));
    else
        pack_nil(c->out);
}

static void change_scalar(copying *c, const walk_value *v)
{
    uint8_t s[256];
    if (v->type == WALK_STR && v->size <= 200) {
        if (v->size > 0)
            memcpy(s, v->data, v->size);
        pack_str_n(c->out, (const char *)s, mutate_bytes(s, v->size, sizeof s));
    } else if (v->type == WALK_UINT || v->type == WALK_INT) {
        pack_int(c->out, (int64_t)((uint64_t)v->i + mutate_random(5) - 2));
    } else {
        put_interesting(c->out);
    }
}

static size_t copy_object(copying *c, walk *w);

/* Copies what follows the head v. */
static void copy_inside(copying *c, walk *w, const walk_value *v)
{
    const size_t opened = pack_open(c->out);
    size_t n = 0;
    for (uint32_t i = 0; i < v->size; i++)
        n += v->type == WALK_MAP ? (copy_object(c, w), copy_object(c, w), 1) : copy_object(c, w);
    if (v->type == WALK_MAP)
        pack_close_map(c->out, opened, n);
    else
        pack_close_array(c->out, opened, n);
}

/* The object that is changed, s[0 .. n). Returns the number of objects it became. */
static size_t change_object(copying *c, const uint8_t *s, size_t n)
{
    walk w = {s, s + n};
    walk_value v;
    tensor t;
    const uint32_t what = mutate_random(5);
    if (tensor_read(&w, &t) == 0 && what < 4) {
        change_tensor(c->out, &t);
        return 1;
    }
    w.p = s;
    (void)walk_next(&w, &v);
    if (what == 0)
        return 0;
    if (what == 1) {
        pack_raw(c->out, s, n);
        pack_raw(c->out, s, n);
        return 2;
    }
    if (what == 2)
        put_other(c);
    else
        change_scalar(c, &v);
    return 1;
}

/* Returns the number of objects that it became: 1 if it is not changed. In a map the numbers may not fit. */
static size_t copy_object(copying *c, walk *w)
{
    const uint8_t *s = w->p;
    walk_value v;
    walk whole = *w;
    if (c->left-- == 0 && walk_skip(&whole) == 1) {
        *w = whole;
        return change_object(c, s, (size_t)(whole.p - s));
    }
    if (walk_next(w, &v) != 1)
        return 0;
    if (v.type == WALK_ARRAY || v.type == WALK_MAP)
        copy_inside(c, w, &v);
    else
        pack_raw(c->out, s, (size_t)(w->p - s));
    return 1;
}

void mutate_msgpack(buf *out, const uint8_t *s, size_t n)
{
    walk w = {s, s + n};
    walk_value v;
    size_t objects = 0;
    pack made = {0};
    while (w.p < w.end && walk_next(&w, &v) == 1)
        objects++;
    copying c = {&made, mutate_random(objects), s, n};
    w = (walk){s, s + n};
    walk whole = w;
    while (w.p < w.end && walk_skip(&whole) == 1) {
        copy_object(&c, &w);
        w = whole;
    }
    buf_add(out, made.body.data, made.body.len);
    buf_add(out, w.p, (size_t)(w.end - w.p));
    pack_free(&made);
}
