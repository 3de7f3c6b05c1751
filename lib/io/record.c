/* SPDX-License-Identifier: Apache-2.0 */
/* One record: its bytes, an index of its keys, and readers of its tensors and strings. */
#include "base/err.h"
#include "base/little_endian.h"
#include "base/map.h"
#include "base/printable.h"
#include "io/stream.h"

#include <stdio.h>
#include <string.h>

#define FEW_FIELDS 32 /* up to this number, keys are compared pairwise */

void record_free(record *r)
{
    buf_free(&r->bytes);
    buf_free(&r->id_copy);
    mem_free(r->fields);
    *r = (record){0};
}

int record_check_size(uint64_t keys, size_t bytes, size_t max_bytes)
{
    const size_t limit = max_bytes > 0 ? max_bytes : STREAM_MAX_RECORD;
    if (keys > STREAM_MAX_KEYS)
        return err_set("the record has %llu keys, but at most %d are allowed", (unsigned long long)keys,
                       STREAM_MAX_KEYS);
    if (bytes > limit)
        return err_set("the record has %zu bytes, but at most %zu are allowed: raise --max-record", bytes,
                       limit);
    return 0;
}

static bool same(const field *f, const char *key, size_t n)
{
    return f->key_len == n && memcmp(f->key, key, n) == 0;
}

const field *record_find(const record *r, const char *key)
{
    size_t n = strlen(key);
    for (size_t i = 0; i < r->n; i++)
        if (same(&r->fields[i], key, n))
            return &r->fields[i];
    return NULL;
}

/* Whether all keys differ: 1, 0, or -1 if memory is out. */
static int distinct(const field *fields, size_t n)
{
    if (n <= FEW_FIELDS) {
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++)
                if (same(&fields[i], fields[j].key, fields[j].key_len))
                    return 0;
        return 1;
    }
    map *keys = map_new();
    if (!keys)
        return -1;
    int result = 1;
    for (size_t i = 0; i < n && result == 1; i++) {
        int32_t k = map_add(keys, fields[i].key, fields[i].key_len);
        result = k < 0 ? -1 : (size_t)k == i;
    }
    map_free(keys);
    return result;
}

const unsigned char *record_map(const record *r, size_t *n)
{
    *n = r->bytes.len - r->lead;
    return r->bytes.data + r->lead;
}

static int index_fields(record *r)
{
    size_t size;
    const unsigned char *begin = record_map(r, &size);
    walk w = {begin, begin + size};
    uint32_t n;
    r->n = 0;
    if (walk_map(&w, &n) < 0)
        return -1;
    if (record_check_size(n, 0, 0) < 0 || mem_grow(&r->fields, &r->cap, n, sizeof *r->fields) < 0)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        field *f = &r->fields[i];
        if (walk_str(&w, &f->key, &f->key_len) < 0)
            return err_prefix("key %u of the map: ", (unsigned)i + 1);
        f->value = w.p;
        if (walk_skip(&w) != 1)
            return err_set("unexpected end of data within a value");
        f->size = w.p - f->value;
    }
    if (w.p != w.end)
        return err_set("%td unexpected bytes after the map", w.end - w.p);
    int differ = distinct(r->fields, n);
    if (differ == 0)
        return err_set("duplicate key");
    if (differ == 1)
        r->n = n;
    return differ < 0 ? -1 : 0;
}

static int copy_id(record *r)
{
    const field *f = record_find(r, "id");
    if (!f)
        return 0;
    walk w = {f->value, f->value + f->size};
    const char *s;
    size_t n;
    if (walk_str(&w, &s, &n) < 0)
        return err_prefix("key id: ");
    if (n == 0)
        return err_set("key id: expected a string that is not empty");
    if (memchr(s, 0, n))
        return err_set("key id: contains a NUL character");
    r->id_copy.len = 0;
    if (buf_add(&r->id_copy, s, n) < 0 || buf_add(&r->id_copy, "", 1) < 0)
        return -1;
    r->id = (const char *)r->id_copy.data;
    return 0;
}

int record_index(record *r)
{
    r->n = 0;
    r->id = "";
    return index_fields(r) < 0 ? -1 : copy_id(r);
}

int record_from_fields(record *r, const pack *fields)
{
    unsigned char head[5];
    size_t n;
    const unsigned char *bytes = pack_bytes(fields, &n);
    r->bytes.len = r->lead = 0;
    if (pack_failed(fields))
        return err_memory("out of memory");
    return buf_add(&r->bytes, head, pack_map_head(fields, head)) || buf_add(&r->bytes, bytes, n)
               ? -1
               : record_index(r);
}

int record_parse(record *r, const unsigned char *bytes, size_t n)
{
    r->bytes.len = r->lead = 0;
    r->n = 0;
    r->id = "";
    return buf_add(&r->bytes, bytes, n) < 0 ? -1 : record_index(r);
}

int record_error(const record *r, const char *key)
{
    if (key)
        err_prefix("key %s: ", key);
    char id[PRINTABLE_ROOM];
    printable_id(id, r->id, strlen(r->id));
    if (!r->file && *id) /* not read from a stream: it has no position */
        return err_prefix("encounter %s: ", id);
    const char *file = r->file ? r->file : "", *colon = r->file ? ": " : "";
    if (r->number == 0)
        return err_prefix("%s%sheader: offset %llu: ", file, colon, (unsigned long long)r->offset);
    return err_prefix("%s%srecord %llu%s%s%s: offset %llu: ", file, colon, (unsigned long long)r->number,
                      *id ? " (" : "", id, *id ? ")" : "", (unsigned long long)r->offset);
}

/* ---- tensors ---- */

enum { TENSOR_ND, TENSOR_TYPE, TENSOR_KIND, TENSOR_SHAPE, TENSOR_DATA, TENSOR_KEYS };

static int tensor_key(walk *w)
{
    static const char *const names[TENSOR_KEYS] = {"nd", "type", "kind", "shape", "data"};
    walk_value v;
    if (walk_next(w, &v) != 1 || (v.type != WALK_BIN && v.type != WALK_STR))
        return -1;
    for (int k = 0; k < TENSOR_KEYS; k++)
        if (v.size == strlen(names[k]) && memcmp(v.data, names[k], v.size) == 0)
            return k;
    return -1;
}

static int tensor_type(const walk_value *v, tensor *t)
{
    if ((v->type != WALK_STR && v->type != WALK_BIN) || v->size != 3 || v->data[0] != '<' ||
        v->data[2] != '4' || (v->data[1] != 'f' && v->data[1] != 'i'))
        return err_set("unsupported tensor type: expected <f4 or <i4");
    t->type = (char)v->data[1];
    return 0;
}

/* Reads the dimensions. v is the head of their array. */
static int tensor_shape(walk *w, const walk_value *v, tensor *t)
{
    if (v->type != WALK_ARRAY)
        return err_set("tensor: expected an array as shape, found %s", walk_name(v->type));
    if (v->size > TENSOR_DIMS)
        return err_set("a tensor of %u dimensions: too many", (unsigned)v->size);
    t->ndim = (int)v->size;
    t->count = 1;
    bool overflow = false;
    for (int d = 0; d < t->ndim; d++) {
        int64_t n;
        if (walk_int(w, &n) < 0 || n < 0)
            return err_set("tensor: the shape contains a value that is not a whole number");
        t->shape[d] = n;
        overflow |= __builtin_mul_overflow(t->count, n, &t->count);
    }
    return overflow ? err_set("tensor: the product of the shape is too large") : 0;
}

static int tensor_value(walk *w, int key, tensor *t, size_t *bytes)
{
    walk_value v;
    if (walk_next(w, &v) != 1)
        return err_set("unexpected end of data within a tensor");
    switch (key) {
    case TENSOR_ND:
        return v.type == WALK_BOOL && v.u ? 0 : err_set("tensor: expected true as nd");
    case TENSOR_TYPE:
        return tensor_type(&v, t);
    case TENSOR_KIND:
        return (v.type == WALK_BIN || v.type == WALK_STR) && v.size == 0
                   ? 0
                   : err_set("tensor: expected an empty kind");
    case TENSOR_SHAPE:
        return tensor_shape(w, &v, t);
    default:
        if (v.type != WALK_BIN)
            return err_set("tensor: expected binary bytes as data, found %s", walk_name(v.type));
        t->data = v.data;
        *bytes = v.size;
        return 0;
    }
}

int tensor_read(walk *w, tensor *t)
{
    *t = (tensor){0};
    walk at = *w;
    uint32_t n;
    walk_value v;
    size_t bytes = 0;
    unsigned seen = 0;
    if (walk_next(&at, &v) != 1 || v.type != WALK_MAP)
        return err_set("expected a tensor");
    n = v.size;
    for (uint32_t i = 0; i < n; i++) {
        int key = tensor_key(&at);
        if (key < 0)
            return err_set("expected a tensor");
        if (seen & 1u << key)
            return err_set("tensor: duplicate key");
        seen |= 1u << key;
        if (tensor_value(&at, key, t, &bytes) < 0)
            return -1;
    }
    if ((seen | 1u << TENSOR_KIND) != (1u << TENSOR_KEYS) - 1)
        return err_set("tensor: expected the keys nd, type, shape and data");
    if (t->count > SIZE_MAX / 4 || 4 * t->count != bytes)
        return err_set("tensor: the shape has %zu numbers of 4 bytes, but data has %zu bytes", t->count,
                       bytes);
    *w = at;
    return 0;
}

/* Returns the field. Fails if it is missing. */
static const field *required(const record *r, const char *key)
{
    const field *f = record_find(r, key);
    if (!f)
        err_set("missing");
    return f;
}

int record_tensor(const record *r, const char *key, char type, int ndim, tensor *t)
{
    const field *f = required(r, key);
    if (!f)
        return record_error(r, key);
    walk w = {f->value, f->value + f->size};
    if (tensor_read(&w, t) < 0)
        return record_error(r, key);
    if (t->type != type || t->ndim != ndim) {
        err_set("expected %c4 of %d dimensions, found %c4 of %d", type, ndim, t->type, t->ndim);
        return record_error(r, key);
    }
    return 0;
}

/* Returns t's numbers, aligned to 4 bytes and in the byte order of the machine. */
static const void *aligned(const tensor *t, buf *scratch)
{
    if (t->count == 0 || is_le32_array(t->data))
        return t->data;
    scratch->len = 0;
    if (buf_reserve(scratch, 4 * t->count) < 0)
        return NULL;
    copy_le32(scratch->data, t->data, t->count);
    scratch->len = 4 * t->count;
    return scratch->data;
}

const float *tensor_floats(const tensor *t, buf *scratch)
{
    return aligned(t, scratch);
}

const int32_t *tensor_ints(const tensor *t, buf *scratch)
{
    return aligned(t, scratch);
}

int record_strings(const record *r, const char *key, walk *w, uint32_t *n)
{
    const field *f = required(r, key);
    if (!f)
        return record_error(r, key);
    *w = (walk){f->value, f->value + f->size};
    return walk_array(w, n) < 0 ? record_error(r, key) : 0;
}
