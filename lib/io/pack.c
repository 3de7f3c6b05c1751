/* msgpack-c's packer, writing into a buffer. msgpack-c casts lengths to 32 bits, so they are checked here. */
#include "io/pack.h"

#include "base/err.h"

#include <msgpack.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are written as they stand in memory");
_Static_assert(sizeof(float) == 4, "float32");

void pack_clear(pack *p)
{
    p->body.len = 0;
    p->fields = 0;
    p->failed = false;
}

void pack_free(pack *p)
{
    buf_free(&p->body);
    pack_clear(p);
}

bool pack_failed(const pack *p)
{
    return p->failed;
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

/* Remembers a failure of one of msgpack-c's calls. */
static void settle(pack *p, int result)
{
    p->failed |= result != 0;
}

/* Whether n can be a length in msgpack. */
static bool fits(pack *p, size_t n)
{
    if (n > UINT32_MAX)
        settle(p, err_set("a length of %zu, more than msgpack can hold", n));
    return n <= UINT32_MAX;
}

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
    settle(p, msgpack_pack_nil(&pk));
}

void pack_bool(pack *p, bool b)
{
    msgpack_packer pk = packer(p);
    settle(p, b ? msgpack_pack_true(&pk) : msgpack_pack_false(&pk));
}

void pack_int(pack *p, int64_t i)
{
    msgpack_packer pk = packer(p);
    settle(p, msgpack_pack_int64(&pk, i));
}

void pack_uint(pack *p, uint64_t u)
{
    msgpack_packer pk = packer(p);
    settle(p, msgpack_pack_uint64(&pk, u));
}

void pack_float(pack *p, float f)
{
    msgpack_packer pk = packer(p);
    settle(p, msgpack_pack_float(&pk, f));
}

void pack_double(pack *p, double f)
{
    msgpack_packer pk = packer(p);
    settle(p, msgpack_pack_double(&pk, f));
}

void pack_str(pack *p, const char *s)
{
    pack_str_n(p, s, strlen(s));
}

void pack_str_n(pack *p, const char *s, size_t n)
{
    msgpack_packer pk = packer(p);
    if (fits(p, n))
        settle(p, msgpack_pack_str(&pk, n));
    pack_raw(p, s, n);
}

void pack_bin(pack *p, const void *data, size_t n)
{
    msgpack_packer pk = packer(p);
    if (fits(p, n))
        settle(p, msgpack_pack_bin(&pk, n));
    pack_raw(p, data, n);
}

void pack_array(pack *p, size_t n)
{
    msgpack_packer pk = packer(p);
    if (fits(p, n))
        settle(p, msgpack_pack_array(&pk, n));
}

void pack_map(pack *p, size_t n)
{
    msgpack_packer pk = packer(p);
    if (fits(p, n))
        settle(p, msgpack_pack_map(&pk, n));
}

void pack_raw(pack *p, const void *data, size_t n)
{
    if (!p->failed && n > 0)
        settle(p, buf_add(&p->body, data, n));
}

static void pack_tensor(pack *p, const char *type, const void *data, int ndim, const size_t *shape)
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
    pack_array(p, (size_t)ndim);
    for (int d = 0; d < ndim; d++) {
        pack_uint(p, shape[d]);
        if (__builtin_mul_overflow(size, shape[d], &size)) {
            settle(p, err_set("a tensor larger than memory"));
            return;
        }
    }
    pack_bin(p, "data", 4);
    pack_bin(p, data, size);
}

void pack_f4(pack *p, const float *data, int ndim, const size_t *shape)
{
    pack_tensor(p, "<f4", data, ndim, shape);
}

void pack_i4(pack *p, const int32_t *data, int ndim, const size_t *shape)
{
    pack_tensor(p, "<i4", data, ndim, shape);
}

size_t pack_map_head(const pack *p, unsigned char head[5])
{
    uint32_t n = p->fields;
    if (n < 16) {
        head[0] = (unsigned char)(0x80 | n);
        return 1;
    }
    size_t bytes = n <= UINT16_MAX ? 2 : 4;
    head[0] = bytes == 2 ? 0xde : 0xdf;
    for (size_t i = 0; i < bytes; i++)
        head[1 + i] = (unsigned char)(n >> 8 * (bytes - 1 - i));
    return 1 + bytes;
}
