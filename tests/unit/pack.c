/* What the packer writes, byte for byte. */
#include "io/pack.h"
#include "base/err.h"
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
    pack_array(&p, (size_t)UINT32_MAX + 1);
    ok(pack_failed(&p), "a length beyond 32 bits fails: %s", err_message());
    pack_nil(&p);
    ok(pack_failed(&p), "and the failure sticks");
    pack_clear(&p);
    ok(!pack_failed(&p), "until the pack is cleared");
    pack_f4(&p, NULL, 2, (const size_t[]){SIZE_MAX / 2, 4});
    ok(pack_failed(&p), "a tensor whose size overflows: %s", err_message());
    pack_free(&p);
}

int main(void)
{
    test_tensors();
    test_scalars();
    test_fields();
    test_too_large();
    return tap_done();
}
