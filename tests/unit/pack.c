/* SPDX-License-Identifier: Apache-2.0 */
/* What the packer writes, byte for byte. */
#include "io/pack.h"
#include "base/err.h"
#include "base/little_endian.h"
#include "io/walk.h"
#include "tap.h"

#include <string.h>

static int holds(const pack *p, const char *bytes, size_t n)
{
    return !pack_failed(p) && p->body.len == n && memcmp(p->body.data, bytes, n) == 0;
}

#define HOLDS(p, literal) holds(p, literal, sizeof(literal) - 1)

static void test_tensors(void)
{
    /* As written by Python: msgpack.packb(numpy.array([[1, 2, 3], [-1, 0.5, 0]], "<f4"),
     * default=msgpack_numpy.encode) */
    static const char floats[] =
        "\x85\xc4\x02nd\xc3\xc4\x04type\xa3<f4\xc4\x04kind\xc4\x00\xc4\x05shape\x92\x02\x03"
        "\xc4\x04"
        "data\xc4\x18\x00\x00\x80\x3f\x00\x00\x00\x40\x00\x00\x40\x40"
        "\x00\x00\x80\xbf\x00\x00\x00\x3f\x00\x00\x00\x00";
    static const char ints[] =
        "\x85\xc4\x02nd\xc3\xc4\x04type\xa3<i4\xc4\x04kind\xc4\x00\xc4\x05shape\x91\x02"
        "\xc4\x04"
        "data\xc4\x08\x01\x00\x00\x00\xff\xff\xff\xff";
    static const char empty[] =
        "\x85\xc4\x02nd\xc3\xc4\x04type\xa3<f4\xc4\x04kind\xc4\x00\xc4\x05shape\x92\x00\xcd\x01\x2c"
        "\xc4\x04"
        "data\xc4\x00";
    pack p = {0};
    pack_f4(&p, (const float[]){1, 2, 3, -1, 0.5f, 0}, 2, (const size_t[]){2, 3});
    ok(HOLDS(&p, floats), "f4 [2][3], as msgpack-numpy writes it");
    pack_clear(&p);
    pack_i4(&p, (const int32_t[]){1, -1}, 1, (const size_t[]){2});
    ok(HOLDS(&p, ints), "i4 [2]");
    pack_clear(&p);
    pack_f4(&p, NULL, 2, (const size_t[]){0, 300});
    ok(HOLDS(&p, empty), "f4 [0][300], of a document without words");
    pack_free(&p);
}

static void test_scalars(void)
{
    pack p = {0};
    pack_nil(&p);
    pack_bool(&p, true);
    pack_bool(&p, false);
    pack_int(&p, -1);
    pack_int(&p, -129);
    pack_uint(&p, 200);
    pack_float(&p, 0.5f);
    pack_double(&p, 0.1);
    ok(HOLDS(&p,
             "\xc0\xc3\xc2\xff\xd1\xff\x7f\xcc\xc8\xca\x3f\x00\x00\x00\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"),
       "scalars, each in its shortest form; numbers keep their width");
    pack_free(&p);
}

static void test_fields(void)
{
    pack p = {0};
    unsigned char head[5];
    ok(pack_map_head(&p, head) == 1 && head[0] == 0x80, "the head of no fields");
    pack_key(&p, "id");
    pack_str(&p, "a");
    pack_key_n(&p, "labels, and more", 6);
    pack_array(&p, 0);
    ok(p.fields == 2 && HOLDS(&p, "\xa2id\xa1"
                                  "a\xa6labels\x90"),
       "two fields");
    ok(pack_map_head(&p, head) == 1 && head[0] == 0x82, "their head");
    p.fields = 16;
    ok(pack_map_head(&p, head) == 3 && memcmp(head, "\xde\x00\x10", 3) == 0, "the head of 16 fields");
    p.fields = 65536;
    ok(pack_map_head(&p, head) == 5 && memcmp(head, "\xdf\x00\x01\x00\x00", 5) == 0, "the head of 65536");
    pack_clear(&p);
    ok(p.fields == 0 && p.body.len == 0, "cleared");
    pack_free(&p);
}

static void test_too_large(void)
{
    pack p = {0};
    pack_f4(&p, NULL, 2, (const size_t[]){SIZE_MAX / 2, 4});
    ok(pack_failed(&p), "a tensor whose size overflows: %s", err_message());
    pack_nil(&p);
    ok(pack_failed(&p), "and the failure sticks");
    pack_clear(&p);
    ok(!pack_failed(&p), "until the pack is cleared");
    if (SIZE_MAX > UINT32_MAX) {
        pack_array(&p, (size_t)UINT32_MAX + 1);
        ok(pack_failed(&p), "a length beyond 32 bits fails: %s", err_message());
    }
    pack_free(&p);
}

/* Where a length needs another head, as the msgpack specification has them. */
static void test_heads(void)
{
    static const struct {
        size_t n;
        const char *str, *bin, *array, *map; /* of 5 bytes at most */
    } heads[] = {
        {1, "\xa1", "\xc4\x01", "\x91", "\x81"},
        {15, "\xaf", "\xc4\x0f", "\x9f", "\x8f"},
        {16, "\xb0", "\xc4\x10", "\xdc\0\x10", "\xde\0\x10"},
        {31, "\xbf", "\xc4\x1f", "\xdc\0\x1f", "\xde\0\x1f"},
        {32, "\xd9\x20", "\xc4\x20", "\xdc\0\x20", "\xde\0\x20"},
        {255, "\xd9\xff", "\xc4\xff", "\xdc\0\xff", "\xde\0\xff"},
        {256, "\xda\x01\0", "\xc5\x01\0", "\xdc\x01\0", "\xde\x01\0"},
        {65535, "\xda\xff\xff", "\xc5\xff\xff", "\xdc\xff\xff", "\xde\xff\xff"},
        {65536, "\xdb\0\x01\0\0", "\xc6\0\x01\0\0", "\xdd\0\x01\0\0", "\xdf\0\x01\0\0"},
    };
    static const char bytes[65536];
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t n = heads[i].n, bin = n < 256 ? 2 : n < 65536 ? 3 : 5, array = n < 16 ? 1 : n < 65536 ? 3 : 5;
        size_t str = n < 32 ? 1 : bin;
        pack p = {0};
        pack_str_n(&p, bytes, n);
        int right = p.body.len == n + str && memcmp(p.body.data, heads[i].str, str) == 0;
        pack_clear(&p);
        pack_bin(&p, bytes, n);
        right &= p.body.len == n + bin && memcmp(p.body.data, heads[i].bin, bin) == 0;
        pack_clear(&p);
        pack_array(&p, n);
        right &= holds(&p, heads[i].array, array);
        pack_clear(&p);
        pack_map(&p, n);
        right &= holds(&p, heads[i].map, array);
        ok(right, "the heads of %zu bytes, elements, pairs", n);
        pack_free(&p);
    }
}

/* What is not known to be n elements at first is packed as n elements are, between others. */
static void test_open(void)
{
    static const size_t sizes[] = {0, 1, 15, 16, 65535, 65536};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = sizes[i];
        pack known = {0}, open = {0};
        pack_str(&known, "before");
        pack_array(&known, n);
        pack_str(&open, "before");
        size_t array = pack_open(&open);
        for (size_t k = 0; k < n; k++) {
            pack_map(&known, 1);
            size_t map = pack_open(&open);
            for (int pair = 0; pair < 2; pair++) {
                pack_uint(&known, k);
                pack_uint(&open, k);
            }
            pack_close_map(&open, map, 1);
        }
        pack_close_array(&open, array, n);
        pack_nil(&known);
        pack_nil(&open);
        ok(holds(&open, (const char *)known.body.data, known.body.len), "%zu maps in an array", n);
        pack_free(&known);
        pack_free(&open);
    }
}

/* Strings of each length from 0, and the longest last and first. */
static void test_strs(void)
{
    enum { N = 300 };
    static unsigned char bytes[N * N];
    size_t ends[N], end = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    for (int backwards = 0; backwards < 2; backwards++) {
        pack each = {0}, all = {0};
        end = 0;
        pack_array(&each, N);
        for (size_t i = 0; i < N; i++) {
            size_t n = backwards ? N - 1 - i : i;
            pack_str_n(&each, (const char *)bytes + end, n);
            ends[i] = end += n;
        }
        pack_strs(&all, bytes, ends, N);
        ok(holds(&all, (const char *)each.body.data, each.body.len), "%d strings in one go", N);
        pack_free(&each);
        pack_free(&all);
    }
    pack none = {0};
    pack_strs(&none, NULL, NULL, 0);
    ok(HOLDS(&none, "\x90"), "none");
    pack_free(&none);
}

/* A tensor whose numbers come later is the tensor. */
static void test_room(void)
{
    const float x[6] = {1, -2, 3.5f, 0, 5, 1e30f};
    const size_t shape[] = {2, 3}, huge[] = {SIZE_MAX / 8, 3};
    pack known = {0}, late = {0};
    pack_f4(&known, x, 2, shape);
    pack_nil(&known);
    pack_reserve(&late, (size_t)3 << 20);
    const size_t room = late.body.cap;
    void *to = pack_f4_room(&late, 2, shape);
    if (to)
        copy_le32(to, x, sizeof x / 4);
    pack_nil(&late);
    ok(holds(&late, (const char *)known.body.data, known.body.len), "a tensor filled in place");
    ok(late.body.cap == room, "what was reserved is not moved");
    ok(!pack_f4_room(&late, 2, huge) && pack_failed(&late), "a tensor too large");
    ok(!pack_f4_room(&late, 2, shape), "a failure sticks");
    pack_free(&known);
    pack_free(&late);
}

/* With keys of each length, so that the numbers would begin at each of four places. */
static void test_align(void)
{
    const float x[2] = {1, 2};
    const size_t shape[] = {1, 2};
    int aligned = 0, same = 0;
    for (size_t n = 1; n <= 4; n++) {
        pack known = {0}, p = {0};
        pack_reserve(&p, 1000);
        pack_key_n(&known, "abcd", n);
        pack_key_n(&p, "abcd", n);
        pack_f4(&known, x, 2, shape);
        pack_align(&p, 2, shape);
        void *to = pack_f4_room(&p, 2, shape);
        aligned += (uintptr_t)to % 4 == 0;
        copy_le32(to, x, 2);
        size_t bytes, expected;
        const unsigned char *is = pack_bytes(&p, &bytes), *should = pack_bytes(&known, &expected);
        same += bytes == expected && memcmp(is, should, bytes) == 0 && p.fields == 1;
        pack_clear(&p);
        pack_nil(&p);
        is = pack_bytes(&p, &bytes);
        same += bytes == 1 && is[0] == 0xc0;
        pack_free(&known);
        pack_free(&p);
    }
    ok(aligned == 4, "numbers whose place is aligned: %d", aligned);
    ok(same == 8, "they are packed as others: %d", same);
    pack objects = {0}, more = {0};
    pack_key(&more, "k");
    pack_int(&more, 3);
    pack_objects(&objects, &more);
    pack_objects(&objects, &more);
    ok(objects.fields == 2 && holds(&objects, "\xa1k\x03\xa1k\x03", 6), "the objects of another pack");
    more.failed = true;
    pack_objects(&objects, &more);
    ok(pack_failed(&objects), "its failure is passed on");
    pack_free(&objects);
    pack_free(&more);
}

int main(void)
{
    test_heads();
    test_room();
    test_align();
    test_open();
    test_strs();
    test_tensors();
    test_scalars();
    test_fields();
    test_too_large();
    return tap_done();
}
