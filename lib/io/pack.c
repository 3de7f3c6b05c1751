/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers are written by msgpack-c's packer into a buffer. Heads of values with a length are written here:
 * msgpack-c casts lengths to 32 bits and calls back for each head. */
#include "io/pack.h"

#include "base/err.h"
#include "base/little_endian.h"

#include <msgpack.h>
#include <string.h>

_Static_assert(sizeof(float) == 4, "float32");

void pack_clear(pack *p)
{
    p->body.len = p->lead = 0;
    p->fields = 0;
    p->failed = false;
}

void pack_free(pack *p)
{
    buf_free(&p->body);
    pack_clear(p);
}

void pack_reserve(pack *p, size_t n)
{
    if (!p->failed && buf_reserve(&p->body, n) < 0)
        p->failed = true;
}

bool pack_failed(const pack *p)
{
    return p->failed;
}

const unsigned char *pack_bytes(const pack *p, size_t *n)
{
    *n = p->body.len - p->lead;
    return *n > 0 ? p->body.data + p->lead : p->body.data;
}

static int append(void *body, const char *data, size_t n)
{
    return buf_add(body, data, n);
}

static msgpack_packer packer(pack *p)
{
    msgpack_packer pk;
    msgpack_packer_init(&pk, &p->body, append);
    return pk;
}

/* Remembers the failure of a msgpack-c call. */
static void record_result(pack *p, int result)
{
    p->failed |= result != 0;
}

/* ---- heads ---- */

#define HEAD 5 /* bytes at most */

/* The first byte of a head, by the width of the length: within the byte (below `few`; first | n), 8 bits
 * (0: not available), 16 and 32 bits, big-endian. */
typedef struct kind {
    unsigned char few, first, in8, in16, in32;
} kind;

static const kind of_str = {32, 0xa0, 0xd9, 0xda, 0xdb}, of_bin = {0, 0, 0xc4, 0xc5, 0xc6},
                  of_array = {16, 0x90, 0, 0xdc, 0xdd}, of_map = {16, 0x80, 0, 0xde, 0xdf};

/* Writes the head for n, at most UINT32_MAX. Returns its number of bytes. */
static inline size_t write_head(unsigned char head[HEAD], kind k, size_t n)
{
    if (n < k.few) {
        head[0] = (unsigned char)(k.first | n);
        return 1;
    }
    size_t width = k.in8 && n <= UINT8_MAX ? 1 : n <= UINT16_MAX ? 2 : 4;
    head[0] = width == 1 ? k.in8 : width == 2 ? k.in16 : k.in32;
    for (size_t i = 0; i < width; i++)
        head[1 + i] = (unsigned char)(n >> 8 * (width - 1 - i));
    return 1 + width;
}

/* Whether n can be a length in msgpack. */
static bool fits(pack *p, size_t n)
{
    if (n > UINT32_MAX)
        record_result(p, err_set("a length of %zu: msgpack allows at most 4294967295", n));
    return n <= UINT32_MAX;
}

static void pack_head(pack *p, kind k, size_t n)
{
    unsigned char head[HEAD];
    if (fits(p, n))
        pack_raw(p, head, write_head(head, k, n));
}

/* ---- fields and scalars ---- */

void pack_key_n(pack *p, const char *key, size_t n)
{
    pack_str_n(p, key, n);
    p->fields++;
}

void pack_key(pack *p, const char *key)
{
    pack_key_n(p, key, strlen(key));
}

void pack_nil(pack *p)
{
    msgpack_packer pk = packer(p);
    record_result(p, msgpack_pack_nil(&pk));
}

void pack_bool(pack *p, bool b)
{
    msgpack_packer pk = packer(p);
    record_result(p, b ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk));
}

void pack_int(pack *p, int64_t i)
{
    msgpack_packer pk = packer(p);
    record_result(p, msgpack_pack_int64(&pk, i));
}

void pack_uint(pack *p, uint64_t u)
{
    msgpack_packer pk = packer(p);
    record_result(p, msgpack_pack_uint64(&pk, u));
}

void pack_float(pack *p, float f)
{
    msgpack_packer pk = packer(p);
    record_result(p, msgpack_pack_float(&pk, f));
}

void pack_double(pack *p, double f)
{
    msgpack_packer pk = packer(p);
    record_result(p, msgpack_pack_double(&pk, f));
}

void pack_str(pack *p, const char *s)
{
    pack_str_n(p, s, strlen(s));
}

void pack_str_n(pack *p, const char *s, size_t n)
{
    pack_head(p, of_str, n);
    pack_raw(p, s, n);
}

void pack_bin(pack *p, const void *data, size_t n)
{
    pack_head(p, of_bin, n);
    pack_raw(p, data, n);
}

void pack_array(pack *p, size_t n)
{
    pack_head(p, of_array, n);
}

void pack_map(pack *p, size_t n)
{
    pack_head(p, of_map, n);
}

/* ---- arrays and maps that grow ---- */

/* One byte is reserved for the head. If the head needs more, the contents are moved. */
size_t pack_open(pack *p)
{
    pack_raw(p, "", 1);
    return p->body.len;
}

static void pack_close(pack *p, kind k, size_t opened, size_t n)
{
    unsigned char head[HEAD];
    if (p->failed || !fits(p, n))
        return;
    size_t size = write_head(head, k, n);
    if (buf_reserve(&p->body, size) < 0) {
        p->failed = true;
        return;
    }
    unsigned char *at = p->body.data + opened;
    memmove(at - 1 + size, at, p->body.len - opened);
    memcpy(at - 1, head, size);
    p->body.len += size - 1;
}

void pack_close_array(pack *p, size_t opened, size_t n)
{
    pack_close(p, of_array, opened, n);
}

void pack_close_map(pack *p, size_t opened, size_t n)
{
    pack_close(p, of_map, opened, n);
}

/* ---- strings in one go ---- */

/* bytes copied at once: a copy of constant size needs one or two instructions */
#define SHORT 16

/* Copies n bytes. If SHORT bytes can be read, SHORT bytes are written. */
static inline void copy_short(unsigned char *to, const unsigned char *from, size_t n,
                              const unsigned char *end)
{
    if (n <= SHORT && end - from >= SHORT)
        memcpy(to, from, SHORT);
    else
        memcpy(to, from, n);
}

void pack_strs(pack *p, const unsigned char *bytes, const size_t *ends, size_t n)
{
    pack_array(p, n);
    if (p->failed || n == 0 || !fits(p, ends[n - 1]))
        return;
    if (buf_reserve(&p->body, HEAD * n + ends[n - 1] + SHORT) < 0) {
        p->failed = true;
        return;
    }
    unsigned char *out = p->body.data + p->body.len;
    const unsigned char *end = bytes + ends[n - 1];
    for (size_t i = 0, from = 0; i < n; from = ends[i++]) {
        size_t length = ends[i] - from;
        out += write_head(out, of_str, length);
        copy_short(out, bytes + from, length, end);
        out += length;
    }
    p->body.len = out - p->body.data;
}

/* ---- raw bytes and tensors ---- */

void pack_raw(pack *p, const void *data, size_t n)
{
    if (!p->failed && n > 0)
        record_result(p, buf_add(&p->body, data, n));
}

void pack_objects(pack *p, const pack *objects)
{
    size_t n;
    const unsigned char *bytes = pack_bytes(objects, &n);
    pack_raw(p, bytes, n);
    p->fields += objects->fields;
    p->failed |= objects->failed;
}

/* Writes a tensor except for its data. Returns the number of bytes of the data. */
static size_t pack_tensor_head(pack *p, const char *type, int ndim, const size_t *shape)
{
    size_t size = 4;
    pack_map(p, 5);
    pack_bin(p, "nd", 2);
    pack_bool(p, true);
    pack_bin(p, "type", 4);
    pack_str(p, type);
    pack_bin(p, "kind", 4);
    pack_bin(p, "", 0);
    pack_bin(p, "shape", 5);
    pack_array(p, ndim);
    for (int d = 0; d < ndim; d++) {
        pack_uint(p, shape[d]);
        if (__builtin_mul_overflow(size, shape[d], &size)) {
            record_result(p, err_set("a tensor of more bytes than memory can hold"));
            return 0;
        }
    }
    pack_bin(p, "data", 4);
    pack_head(p, of_bin, size);
    return size;
}

/* size: in bytes. */
static void pack_numbers(pack *p, const void *data, size_t size)
{
    if (!p->failed)
        record_result(p, buf_reserve(&p->body, size));
    if (p->failed)
        return;
    copy_le32(p->body.data + p->body.len, data, size / 4);
    p->body.len += size;
}

void pack_f4(pack *p, const float *data, int ndim, const size_t *shape)
{
    const size_t size = pack_tensor_head(p, "<f4", ndim, shape);
    pack_numbers(p, data, size);
}

void pack_i4(pack *p, const int32_t *data, int ndim, const size_t *shape)
{
    const size_t size = pack_tensor_head(p, "<i4", ndim, shape);
    pack_numbers(p, data, size);
}

void *pack_f4_room(pack *p, int ndim, const size_t *shape)
{
    const size_t size = pack_tensor_head(p, "<f4", ndim, shape);
    if (!p->failed)
        record_result(p, buf_reserve(&p->body, size));
    if (p->failed)
        return NULL;
    p->body.len += size;
    return p->body.data + p->body.len - size;
}

void pack_align(pack *p, int ndim, const size_t *shape)
{
    const size_t n = p->body.len;
    (void)pack_tensor_head(p, "<f4", ndim, shape);
    const size_t lead = -p->body.len % sizeof(float); /* the buffer itself is aligned */
    p->body.len = n;
    pack_reserve(p, lead);
    if (p->failed || lead == 0)
        return;
    memmove(p->body.data + lead, p->body.data, n);
    p->body.len += lead;
    p->lead = lead;
}

size_t pack_map_head(const pack *p, unsigned char head[HEAD])
{
    return write_head(head, of_map, p->fields);
}
