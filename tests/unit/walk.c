/* SPDX-License-Identifier: Apache-2.0 */
/* The walk against msgpack-c's own unpacker on random objects, on their prefixes, and on random bytes. Every
 * input is copied into memory of exactly its size, so that the address sanitizer sees a byte read outside. */
#include "io/walk.h"
#include "base/err.h"
#include "base/rng.h"
#include "io/pack.h"
#include "tap.h"

#include <msgpack.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static rng random_state;

static uint32_t below(uint32_t n)
{
    return rng_below(&random_state, n);
}

/* A length around those where a head's form changes. */
static size_t random_length(void)
{
    static const uint32_t edges[] = {0, 1, 3, 15, 16, 17, 31, 32, 33, 255, 256, 300, 65535, 65536};
    return below(40) ? below(6) : edges[below(sizeof edges / sizeof *edges)];
}

static void random_ext(pack *p)
{
    static const unsigned char fixed[] = {1, 2, 4, 8, 16};
    unsigned char object[64] = {0};
    uint32_t form = below(6);
    if (form < 5) {
        object[0] = (unsigned char)(0xd4 + form);
        object[1] = 7;
        pack_raw(p, object, 2u + fixed[form]);
    } else {
        unsigned char n = (unsigned char)below(32);
        object[0] = 0xc7;
        object[1] = n;
        object[2] = 0x85;
        pack_raw(p, object, 3u + n);
    }
}

/* One random object, at most `depth` deep. */
static void random_object(pack *p, int depth)
{
    static const char bytes[65536] = {0};
    uint64_t bits = rng_next(&random_state) >> below(64);
    size_t n = random_length();
    switch (below(depth > 0 ? 12 : 8)) {
    case 0:
        pack_nil(p);
        break;
    case 1:
        pack_bool(p, below(2));
        break;
    case 2:
        pack_uint(p, bits);
        break;
    case 3:
        pack_int(p, -(int64_t)(bits >> 1));
        break;
    case 4:
        pack_float(p, (float)bits);
        break;
    case 5:
        pack_double(p, rng_normal(&random_state));
        break;
    case 6:
        pack_str_n(p, bytes, n);
        break;
    case 7:
        if (below(2))
            pack_bin(p, bytes, n);
        else
            random_ext(p);
        break;
    default:
        n = n > 300 ? 300 : n;
        if (below(2)) {
            pack_array(p, n);
        } else {
            pack_map(p, n);
            n *= 2;
        }
        for (size_t i = 0; i < n; i++)
            random_object(p, depth - 1 - (n > 16));
    }
}

static bool same_bytes(const walk_value *v, uint32_t n, const char *bytes)
{
    return v->size == n && (n == 0 || memcmp(v->data, bytes, n) == 0);
}

/* Whether the walk at w reads what msgpack-c unpacked. */
static bool same_object(walk *w, const msgpack_object *o)
{
    walk_value v;
    if (walk_next(w, &v) != 1)
        return false;
    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        return v.type == WALK_NIL;
    case MSGPACK_OBJECT_BOOLEAN:
        return v.type == WALK_BOOL && (v.u == 1) == o->via.boolean;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return v.type == WALK_UINT && v.u == o->via.u64;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return v.type == WALK_INT && v.i == o->via.i64;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return v.type == WALK_FLOAT && memcmp(&v.f, &o->via.f64, sizeof v.f) == 0;
    case MSGPACK_OBJECT_STR:
        return v.type == WALK_STR && same_bytes(&v, o->via.str.size, o->via.str.ptr);
    case MSGPACK_OBJECT_BIN:
        return v.type == WALK_BIN && same_bytes(&v, o->via.bin.size, o->via.bin.ptr);
    case MSGPACK_OBJECT_EXT:
        return v.type == WALK_EXT && (int8_t)v.data[-1] == o->via.ext.type &&
               same_bytes(&v, o->via.ext.size, o->via.ext.ptr);
    case MSGPACK_OBJECT_ARRAY:
        if (v.type != WALK_ARRAY || v.size != o->via.array.size)
            return false;
        for (uint32_t i = 0; i < v.size; i++)
            if (!same_object(w, &o->via.array.ptr[i]))
                return false;
        return true;
    default:
        if (v.type != WALK_MAP || v.size != o->via.map.size)
            return false;
        for (uint32_t i = 0; i < v.size; i++)
            if (!same_object(w, &o->via.map.ptr[i].key) || !same_object(w, &o->via.map.ptr[i].val))
                return false;
        return true;
    }
}

static bool like_msgpack(const unsigned char *data, size_t n)
{
    msgpack_unpacked u;
    msgpack_unpacked_init(&u);
    size_t at = 0;
    walk w = {data, data + n}, skipped = w;
    bool same = msgpack_unpack_next(&u, (const char *)data, n, &at) == MSGPACK_UNPACK_SUCCESS &&
                same_object(&w, &u.data) && w.p == data + at && walk_skip(&skipped) == 1 && skipped.p == w.p;
    msgpack_unpacked_destroy(&u);
    return same;
}

/* Resumes with one more byte at a time, or a few: the object must be whole at its last byte and not before,
 * and `more` must never ask for a byte beyond it. */
static bool arrives_in_pieces(const unsigned char *data, size_t n)
{
    walk_state s = {0};
    size_t have = 0, more = 0;
    for (;;) {
        unsigned char *exact = malloc(have ? have : 1);
        memcpy(exact, data, have);
        int r = walk_resume(&s, exact, have, &more);
        free(exact);
        if (r != 0)
            return r == 1 && have == n && s.done == n;
        if (more < 1 || have + more > n)
            return false;
        have += n > 4096 ? more : 1 + below((uint32_t)more);
    }
}

/* Of a prefix the walk must say that it is not whole (0), or that its counts lie (-1); never 1. */
static bool prefixes_refused(const unsigned char *data, size_t n)
{
    for (size_t have = 0; have < n; have += 1 + n / 200) {
        unsigned char *exact = malloc(have ? have : 1);
        memcpy(exact, data, have);
        walk w = {exact, exact + have};
        int r = walk_skip(&w);
        bool unmoved = w.p == exact;
        free(exact);
        if (r == 1 || !unmoved)
            return false;
    }
    return true;
}

static void test_random_objects(void)
{
    bool same = true, pieces = true, prefixes = true;
    pack p = {0};
    for (int i = 0; i < 3000; i++) {
        pack_clear(&p);
        random_object(&p, 4);
        unsigned char *exact = malloc(p.body.len);
        memcpy(exact, p.body.data, p.body.len);
        same = same && like_msgpack(exact, p.body.len);
        pieces = pieces && arrives_in_pieces(exact, p.body.len);
        prefixes = prefixes && (i % 10 || prefixes_refused(exact, p.body.len));
        free(exact);
    }
    pack_free(&p);
    ok(same, "3000 random objects are read as msgpack-c reads them");
    ok(pieces, "and are found whole when they arrive in pieces, asking for no byte too many");
    ok(prefixes, "and no prefix of them is taken for whole");
}

/* On random bytes walk_skip and walk_resume must agree with msgpack-c wherever that one does not fall for a
 * length. */
static void test_random_bytes(void)
{
    bool agree = true;
    for (int i = 0; i < 200000; i++) {
        size_t n = below(24);
        unsigned char *data = malloc(n ? n : 1);
        for (size_t k = 0; k < n; k++)
            data[k] = (unsigned char)rng_next(&random_state);
        walk w = {data, data + n};
        int r = walk_skip(&w);
        walk_state s = {0};
        size_t more;
        int resumed = walk_resume(&s, data, n, &more);
        agree = agree && (r == 1) == (resumed == 1) && (r != 1 || s.done == (size_t)(w.p - data)) &&
                (r != 0 || resumed == 0);
        if (r == 1)
            agree = agree && like_msgpack(data, n);
        free(data);
    }
    ok(agree, "random bytes: skip, resume and msgpack-c agree");
}

static int skip(const char *bytes, size_t n)
{
    walk w = {(const unsigned char *)bytes, (const unsigned char *)bytes + n};
    return walk_skip(&w);
}

static void test_lies(void)
{
    ok(skip("\xdd\xff\xff\xff\xff", 5) == -1, "an array of 4294967295 elements in no bytes: %s",
       err_message());
    ok(skip("\xdf\xff\xff\xff\xff\x01\x02", 7) == -1, "a map of 4294967295 pairs in two bytes");
    ok(skip("\x82\x01\x02\x03", 4) == -1, "a map of 2 pairs in three bytes");
    ok(skip("\xdb\xff\xff\xff\xff", 5) == 0, "a string whose bytes are not there yet");
    ok(skip("\xc1", 1) == -1, "the byte that msgpack never uses: %s", err_message());
    walk_state s = {0};
    size_t more = 0;
    ok(walk_resume(&s, (const unsigned char *)"\xdf\xff\xff\xff\xff", 5, &more) == 0 &&
           more == (SIZE_MAX > UINT32_MAX ? 2 * (size_t)UINT32_MAX : SIZE_MAX),
       "while bytes arrive, the count says how many more there must be");
}

static void test_nesting(void)
{
    unsigned char deep[WALK_DEPTH + 2];
    memset(deep, 0x91, sizeof deep);
    deep[WALK_DEPTH] = 0x01;
    ok(skip((const char *)deep, WALK_DEPTH + 1) == 1, "%d arrays in each other", WALK_DEPTH);
    deep[WALK_DEPTH] = 0x91;
    deep[WALK_DEPTH + 1] = 0x01;
    ok(skip((const char *)deep, WALK_DEPTH + 2) == -1, "one more: %s", err_message());
    deep[WALK_DEPTH] = 0x90;
    ok(skip((const char *)deep, WALK_DEPTH + 1) == -1, "also when it is empty");
}

static bool utf8(const char *s, size_t n)
{
    unsigned char object[64] = {(unsigned char)(0xa0 | n)};
    memcpy(object + 1, s, n);
    walk w = {object, object + 1 + n};
    const char *found;
    size_t found_n;
    return walk_str(&w, &found, &found_n) == 0 && found_n == n;
}

static void test_strings(void)
{
    ok(utf8("na\xc3\xafve \xe2\x82\xac \xf0\x9f\xa9\xba", 15), "characters of one to four bytes");
    ok(!utf8("\xc0\xaf", 2) && !utf8("\xe0\x80\xaf", 3) && !utf8("\xf0\x80\x80\xaf", 4), "overlong forms");
    ok(!utf8("\xed\xa0\x80", 3) && utf8("\xed\x9f\xbf", 3), "surrogates, and the character before them");
    ok(!utf8("\xf4\x90\x80\x80", 4) && utf8("\xf4\x8f\xbf\xbf", 4), "beyond U+10FFFF, and U+10FFFF");
    ok(!utf8("12345678abc\xe2\x82", 13), "cut within a character: %s", err_message());
    ok(!utf8("\x80", 1) && !utf8("\xff", 1), "bytes that begin no character");
}

static void test_expectations(void)
{
    const unsigned char big[] = {0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    walk w = {big, big + sizeof big};
    int64_t i;
    double f;
    ok(walk_int(&w, &i) == -1, "%s", err_message());
    w.p = big;
    ok(walk_double(&w, &f) == 0 && f == 18446744073709551616.0, "as a double it is a number");
    const unsigned char least[] = {0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0};
    w = (walk){least, least + sizeof least};
    ok(walk_int(&w, &i) == 0 && i == INT64_MIN, "the least integer");
    const unsigned char array[] = {0x90};
    const char *s;
    size_t n;
    w = (walk){array, array + 1};
    ok(walk_str(&w, &s, &n) == -1 && strcmp(err_message(), "expected a string, found an array") == 0, "%s",
       err_message());
}

int main(void)
{
    rng_seed(&random_state, 1, 0, 0);
    test_random_objects();
    test_random_bytes();
    test_lies();
    test_nesting();
    test_strings();
    test_expectations();
    return tap_done();
}
