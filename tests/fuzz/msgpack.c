/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzing our walk of msgpack against msgpack-c's unpacker: both find the same object with the same end, or
 * neither finds one. msgpack-c allocates what the head of an array or map says, so that inputs with large
 * counts are only walked. */
#include "fuzz.h"

#include "io/walk.h"

#include <msgpack.h>
#include <string.h>

/* Whether a byte can be the head of an array or map of more elements than the input has bytes. */
static bool has_bomb(const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((data[i] == 0xdd || data[i] == 0xdf) && i + 2 < n && (data[i + 1] || data[i + 2])))
            return true;
    return false;
}

static bool same(walk *w, const msgpack_object *o);

static bool same_bytes(const walk_value *v, const char *s)
{
    return v->size == 0 || memcmp(v->data, s, v->size) == 0;
}

static bool same_scalar(const walk_value *v, const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        return v->type == WALK_NIL;
    case MSGPACK_OBJECT_BOOLEAN:
        return v->type == WALK_BOOL && (v->u != 0) == o->via.boolean;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return v->type == WALK_UINT && v->u == o->via.u64;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return v->type == WALK_INT && v->i == o->via.i64;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return v->type == WALK_FLOAT && (v->f == o->via.f64 || (v->f != v->f && o->via.f64 != o->via.f64));
    case MSGPACK_OBJECT_STR:
        return v->type == WALK_STR && v->size == o->via.str.size && same_bytes(v, o->via.str.ptr);
    case MSGPACK_OBJECT_BIN:
        return v->type == WALK_BIN && v->size == o->via.bin.size && same_bytes(v, o->via.bin.ptr);
    case MSGPACK_OBJECT_EXT:
        return v->type == WALK_EXT && v->size == o->via.ext.size && (int8_t)v->data[-1] == o->via.ext.type &&
               same_bytes(v, o->via.ext.ptr);
    default:
        return false;
    }
}

static bool same(walk *w, const msgpack_object *o)
{
    walk_value v;
    bool equal = walk_next(w, &v) == 1;
    if (o->type == MSGPACK_OBJECT_ARRAY) {
        equal = equal && v.type == WALK_ARRAY && v.size == o->via.array.size;
        for (uint32_t i = 0; equal && i < v.size; i++)
            equal = same(w, &o->via.array.ptr[i]);
        return equal;
    }
    if (o->type == MSGPACK_OBJECT_MAP) {
        equal = equal && v.type == WALK_MAP && v.size == o->via.map.size;
        for (uint32_t i = 0; equal && i < v.size; i++)
            equal = same(w, &o->via.map.ptr[i].key) && same(w, &o->via.map.ptr[i].val);
        return equal;
    }
    return equal && same_scalar(&v, o);
}

/* Nesting of what msgpack-c read. */
static int depth_of(const msgpack_object *o)
{
    int deepest = -1;
    if (o->type == MSGPACK_OBJECT_ARRAY)
        for (uint32_t i = 0; i < o->via.array.size; i++) {
            const int inner = depth_of(&o->via.array.ptr[i]);
            deepest = inner > deepest ? inner : deepest;
        }
    else if (o->type == MSGPACK_OBJECT_MAP)
        for (uint32_t i = 0; i < 2 * o->via.map.size; i++) {
            const msgpack_object_kv *kv = &o->via.map.ptr[i / 2];
            const int inner = depth_of(i % 2 ? &kv->val : &kv->key);
            deepest = inner > deepest ? inner : deepest;
        }
    else
        return 0;
    return 1 + (deepest < 0 ? 0 : deepest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    walk w = {data, data + n};
    fuzz_begin();
    const int walked = walk_skip(&w);
    if (n == 0 || has_bomb(data, n))
        return 0;
    msgpack_unpacked u;
    size_t end = 0;
    msgpack_unpacked_init(&u);
    const msgpack_unpack_return got = msgpack_unpack_next(&u, (const char *)data, n, &end);
    const bool success = got == MSGPACK_UNPACK_SUCCESS || got == MSGPACK_UNPACK_EXTRA_BYTES;
    if (walked == 1 && success) {
        CHECK(w.p == data + end);
        w = (walk){data, data + n};
        CHECK(same(&w, &u.data));
    } else {
        CHECK(walked != 1 || got == MSGPACK_UNPACK_NOMEM_ERROR);
        CHECK(!success || depth_of(&u.data) > WALK_DEPTH);
    }
    msgpack_unpacked_destroy(&u);
    return 0;
}
