/* SPDX-License-Identifier: Apache-2.0 */
#include "io/jsonpull.h"
#include "base/err.h"
#include "base/rng.h"
#include "pulled.h"
#include "tap.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>

/* ---- nastiness ---- */

#define TEXT(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }
typedef struct text {
    const char *s;
    size_t n;
} text;

static const text good[] = {
    TEXT("null"),
    TEXT(" \t\r\n true \t\r\n "),
    TEXT("false"),
    TEXT("0"),
    TEXT("-0"),
    TEXT("\"\""),
    TEXT("[]"),
    TEXT("{}"),
    TEXT("[ ]"),
    TEXT("{ }"),
    TEXT("[[],[[]],{}]"),
    TEXT("[1,2 , 3]"),
    TEXT("{\"a\":{\"a\":[{\"a\":1},{\"a\":2}]},\"b\":0}"),
    TEXT("{\"\":0}"),
    TEXT("{\"a\":1,\"A\":2,\"\xc3\xa9\":3,\"e\xcc\x81\":4}"),
    /* numbers */
    TEXT("9223372036854775807"),
    TEXT("-9223372036854775808"),
    TEXT("1e0"),
    TEXT("1E+2"),
    TEXT("1.5e-3"),
    TEXT("-0.0"),
    TEXT("-0e1"),
    TEXT("0.1"),
    TEXT("1e22"),
    TEXT("1e23"),
    TEXT("9007199254740993.0"),
    TEXT("123456789012345678901234567890.5"),
    TEXT("1.7976931348623157e308"),
    TEXT("1.7976931348623158e308"),
    TEXT("5e-324"),
    TEXT("2.4703282292062327e-324"),
    TEXT("2.4703282292062328e-324"),
    TEXT("1e-400"),
    TEXT("-1e-400"),
    TEXT("0e999999999999999999999"),
    TEXT("0.0e-99999999999"),
    TEXT("2.2250738585072011e-308"),
    TEXT("0.500000000000000166533453693773481063544750213623046875"),
    TEXT("9223372036854775808.0"),
    TEXT("10000000000000000000000e-22"),
    TEXT("0.00000000000000000000000000000000000000000001"),
    /* strings */
    TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    TEXT("\"\\u0000\""),
    TEXT("\"\\u00e9\\u00E9\\uFFFF\\uffff\""),
    TEXT("\"\x7f\""),
    TEXT("\"\\ud83d\\ude00\""),
    TEXT("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""),
    TEXT("\"\\u0061\\u0000\\u0062\""),
    TEXT("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"
         "\""),
    TEXT("\"\xe2\x80\xa8 \xe2\x80\xa9 \xef\xbb\xbf\""),
    TEXT("\"\\\\u0041\""),
    TEXT("[\"a\\nb\",\"c\\u00e9d\",\"e\"]"),
    TEXT("{\"k\\u00e9y\":\"v\\t\",\"k\\n\":1}"),
};

/* With what is to be said. */
static const struct {
    text json;
    const char *why;
} bad[] = {
    {TEXT(""), "byte 1: ends within a value"},
    {TEXT("  "), "byte 3: ends within a value"},
    {TEXT("\xef\xbb\xbf{}"), "byte 1: not JSON"},
    {TEXT("nul"), "byte 4: ends"},
    {TEXT("nulL"), "byte 4: not JSON"},
    {TEXT("True"), "byte 1: not JSON"},
    {TEXT("truefalse"), "byte 5: more than one value"},
    {TEXT("[true false]"), "byte 7: not JSON"},
    {TEXT("NaN"), "byte 1: not JSON"},
    {TEXT("Infinity"), "not JSON"},
    {TEXT("-Infinity"), "byte 2: not JSON"},
    {TEXT("[-]"), "byte 3: not JSON"},
    {TEXT("-"), "byte 2: ends"},
    {TEXT("+1"), "byte 1: not JSON"},
    {TEXT("01"), "byte 1: not JSON"},
    {TEXT("-01"), "byte 2: not JSON"},
    {TEXT("00.5"), "not JSON"},
    {TEXT("1."), "byte 3: ends"},
    {TEXT("[1.]"), "byte 4: not JSON"},
    {TEXT(".5"), "byte 1: not JSON"},
    {TEXT("[1e]"), "byte 4: not JSON"},
    {TEXT("[1e+]"), "byte 5: not JSON"},
    {TEXT("1e+-2"), "byte 4: not JSON"},
    {TEXT("1.5.5"), "byte 4: more than one value"},
    {TEXT("0x10"), "byte 2: more than one value"},
    {TEXT("1_000"), "more than one value"},
    {TEXT("[1e400]"), "byte 2: a number out of range"},
    {TEXT("-1e400"), "byte 1: a number out of range"},
    {TEXT("1e99999999999999999999"), "a number out of range"},
    {TEXT("9223372036854775808"), "byte 1: a number out of range"},
    {TEXT("-9223372036854775809"), "a number out of range"},
    {TEXT("18446744073709551616"), "a number out of range"},
    {TEXT("99999999999999999999999999999999999999"), "a number out of range"},
    {TEXT("\"secret"), "byte 8: ends within a value"},
    {TEXT("'secret'"), "byte 1: not JSON"},
    {TEXT("\"secret\n\""), "byte 8: unescaped control character"},
    {TEXT("\"secret\t\""), "unescaped control character"},
    {TEXT("\"secret\x1f\""), "unescaped control character"},
    {TEXT("\"secret\0\""), "byte 8: unescaped control character"},
    {TEXT("\"secret\\"), "byte 9: ends"},
    {TEXT("\"secret\\\""), "byte 10: ends"},
    {TEXT("\"secret\\a\""), "byte 9: invalid escape"},
    {TEXT("\"secret\\'\""), "invalid escape"},
    {TEXT("\"secret\\N\""), "invalid escape"},
    {TEXT("\"secret\\U0041\""), "invalid escape"},
    {TEXT("\"secret\\\0\""), "invalid escape"},
    {TEXT("\"secret\\x41\""), "invalid escape"},
    {TEXT("\"secret\\u"), "ends within a value"},
    {TEXT("\"secret\\u004"), "ends within a value"},
    {TEXT("\"secret\\u004\""), "byte 13: expected four hexadecimal digits after \\u"},
    {TEXT("\"secret\\u00g0\""), "expected four hexadecimal digits after \\u"},
    {TEXT("\"secret\\u+041\""), "expected four hexadecimal digits after \\u"},
    {TEXT("\"secret\\ud800\""), "byte 8: unpaired surrogate"},
    {TEXT("\"secret\\ud800\\n\""), "unpaired surrogate"},
    {TEXT("\"secret\\ud800\\u0041\""), "unpaired surrogate"},
    {TEXT("\"secret\\ud800\\ud800\""), "unpaired surrogate"},
    {TEXT("\"secret\\udc00\\ud800\""), "unpaired surrogate"},
    {TEXT("\"secret\\uDFFF\""), "unpaired surrogate"},
    {TEXT("\"secret\\ud800"), "unpaired surrogate"},
    {TEXT("\"secret\\ud800\\"), "unpaired surrogate"},
    {TEXT("\"secret\\ud800\\u"), "unpaired surrogate"},
    {TEXT("\"secret\\ud800\\udc0"), "unpaired surrogate"},
    {TEXT("\"secret \xe9\""), "byte 9: not UTF-8"},
    {TEXT("\"secret \xc3"), "byte 9: not UTF-8"},
    {TEXT("\"secret \xc3\x28\""), "not UTF-8"},
    {TEXT("\"secret \xc0\x80\""), "not UTF-8"},
    {TEXT("\"secret \xe0\x9f\xbf\""), "not UTF-8"},
    {TEXT("\"secret \xed\xa0\x80\""), "not UTF-8"},
    {TEXT("\"secret \xf4\x90\x80\x80\""), "not UTF-8"},
    {TEXT("\"secret \xf5\x80\x80\x80\""), "not UTF-8"},
    {TEXT("\"secret \x80\""), "not UTF-8"},
    {TEXT("[\xff]"), "byte 2: not UTF-8"},
    {TEXT("[\xc2\xa0]"), "byte 2: not JSON"},
    {TEXT("["), "byte 2: ends"},
    {TEXT("[1"), "ends"},
    {TEXT("[1,"), "ends"},
    {TEXT("[,1]"), "byte 2: not JSON"},
    {TEXT("[1,]"), "byte 4: not JSON"},
    {TEXT("[1,,2]"), "byte 4: not JSON"},
    {TEXT("[1 2]"), "byte 4: not JSON"},
    {TEXT("[1}"), "byte 3: not JSON"},
    {TEXT("[1:2]"), "byte 3: not JSON"},
    {TEXT("]"), "byte 1: not JSON"},
    {TEXT("[]]"), "byte 3: more than one value"},
    {TEXT("[][]"), "more than one value"},
    {TEXT("[1] secret"), "byte 5: more than one value"},
    {TEXT("[1]\0"), "more than one value"},
    {TEXT("[\0]"), "byte 2: not JSON"},
    {TEXT("[1 // secret\n]"), "byte 4: not JSON"},
    {TEXT("[1 /* secret */]"), "not JSON"},
    {TEXT("\x0b[1]"), "byte 1: not JSON"},
    {TEXT("{"), "ends"},
    {TEXT("{\"secret\""), "ends"},
    {TEXT("{\"secret\":"), "ends"},
    {TEXT("{\"secret\":1"), "byte 12: ends"},
    {TEXT("{\"secret\":1,"), "ends"},
    {TEXT("{\"secret\":1,}"), "byte 13: not JSON"},
    {TEXT("{,\"secret\":1}"), "byte 2: not JSON"},
    {TEXT("{\"secret\" 1}"), "byte 11: not JSON"},
    {TEXT("{\"secret\"}"), "byte 10: not JSON"},
    {TEXT("{\"secret\":}"), "byte 11: not JSON"},
    {TEXT("{secret:1}"), "byte 2: not JSON"},
    {TEXT("{1:2}"), "byte 2: not JSON"},
    {TEXT("{null:2}"), "byte 2: not JSON"},
    {TEXT("{\"secret\":1]"), "byte 12: not JSON"},
    {TEXT("{\"secret\":1 \"b\":2}"), "byte 13: not JSON"},
    {TEXT("{\"secret\":1,\"secret\":2}"), "byte 14: duplicate key"},
    {TEXT("{\"a\":{\"secret\":1,\"b\":0,\"\\u0073ecret\":2}}"), "duplicate key"},
    {TEXT("{\"\":1,\"\":2}"), "duplicate key"},
    {TEXT("{\"secret\\u0000\":1}"), "byte 2: NUL character in a key"},
};

static void corpus(void)
{
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        json_t *v = pulled(good[i].s, good[i].n);
        ok(v && pulled_as_jansson(good[i].s, good[i].n), "read: text %zu, as jansson reads it", i);
        json_decref(v);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const text *t = &bad[i].json;
        json_t *v = pulled(t->s, t->n);
        const char *said = err_message();
        ok(!v && strstr(said, bad[i].why) && !strstr(said, "secret"), "refused: %s", said);
        ok(pulled_as_jansson(t->s, t->n), "as jansson does");
        json_decref(v);
    }
}

/* ---- depth ---- */

static void depth(void)
{
    enum { MANY = 100000 };
    static char deep[2 * MANY];
    for (int n = WALK_DEPTH; n <= WALK_DEPTH + 1; n++) {
        memset(deep, '[', (size_t)n);
        memset(deep + n, ']', (size_t)n);
        json_t *v = pulled(deep, 2 * (size_t)n);
        ok(!v == (n > WALK_DEPTH), "%d arrays in one another: %s", n, v ? "read" : err_message());
        json_decref(v);
    }
    memset(deep, '[', sizeof deep);
    ok(!pulled(deep, sizeof deep) && strstr(err_message(), "nested deeper than 64"), "%d are not read",
       2 * MANY);
    for (int i = 0; i < MANY / 3; i++)
        memcpy(deep + 6 * i, "{\"a\":", 5);
    ok(!pulled(deep, sizeof deep), "nor are objects");
}

/* ---- strings ---- */

/* Each kind of character at each place of strings of each length: what goes eight bytes at a time has to find
 * it. */
static void strings(void)
{
    static const text parts[] = {TEXT("\\n"),
                                 TEXT("\\u00e9"),
                                 TEXT("\\ud83d\\ude00"),
                                 TEXT("\xc3\xa9"),
                                 TEXT("\x1f"),
                                 TEXT("\\u0000"),
                                 TEXT("\\"),
                                 TEXT("\""),
                                 TEXT("\x7f"),
                                 TEXT("\x01"),
                                 TEXT("\\\""),
                                 TEXT("\xf0\x9f\x98\x80"),
                                 TEXT("\xe2\x82\xac"),
                                 TEXT("\xed\xa0\x80"),
                                 TEXT("\xc3"),
                                 TEXT("\xe2\x82"),
                                 TEXT("\xf0\x9f\x98"),
                                 TEXT("\xc1\xbf"),
                                 TEXT("\xf4\x90\x80\x80"),
                                 TEXT("!"),
                                 TEXT("#"),
                                 TEXT("["),
                                 TEXT("]"),
                                 TEXT(" "),
                                 TEXT("\0")};
    char s[200];
    bool same = true;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (size_t length = 0; length < 40; length++)
            for (size_t at = 0; at <= length; at++)
                for (size_t again = at; again <= length; again += 5) {
                    size_t n = 0;
                    s[n++] = '"';
                    for (size_t i = 0; i <= length; i++) {
                        if (i == at || i == again) {
                            memcpy(s + n, parts[p].s, parts[p].n);
                            n += parts[p].n;
                        }
                        s[n++] = (char)('a' + i % 26);
                    }
                    s[n++] = '"';
                    same &= pulled_as_jansson(s, n);
                }
    ok(same, "strings of up to 40 characters with another at each place");
}

/* ---- numbers ---- */

static double as_double(const char *s)
{
    json_t *v = pulled(s, strlen(s));
    double d = json_number_value(v);
    json_decref(v);
    return d;
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Digits and powers of ten where the short way and strtod() meet. */
static void reals(void)
{
    rng r;
    rng_seed(&r, 5, 0, 0);
    bool same = true;
    for (int i = 0; i < 100000; i++) {
        char s[80];
        uint64_t m = rng_next(&r) >> rng_next(&r) % 64;
        int digits = snprintf(s, sizeof s, "%s%" PRIu64, rng_next(&r) % 2 ? "-" : "", m);
        if (rng_next(&r) % 2)
            snprintf(s + digits, sizeof s - (size_t)digits, ".%0*d", (int)(rng_next(&r) % 12) + 1,
                     (int)(rng_next(&r) % 1000));
        size_t n = strlen(s);
        if (rng_next(&r) % 2)
            snprintf(s + n, sizeof s - n, "e%d", (int)(rng_next(&r) % 60) - 30);
        if (strpbrk(s, ".e"))
            same &= same_bits(as_double(s), strtod(s, NULL));
    }
    ok(same, "100000 decimals are what strtod() makes of them, to the bit");
    ok(same_bits(as_double("-0.0"), -0.0) && same_bits(as_double("-0e5"), -0.0), "minus zero");
}

/* A comma as decimal point changes nothing, for numbers that the short way takes and for others. */
static void locales(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "nl_NL.UTF-8", "nl_BE.UTF-8",
                                        "fr_BE.UTF-8"};
    locale_t comma = (locale_t)0;
    for (size_t i = 0; !comma && i < sizeof names / sizeof *names; i++)
        comma = newlocale(LC_ALL_MASK, names[i], (locale_t)0);
    if (!comma) {
        ok(1, "locales # skip no locale with a decimal comma");
        return;
    }
    locale_t before = uselocale(comma);
    ok(same_bits(as_double("0.5"), 0.5) && same_bits(as_double("1.25e300"), 1.25e300) &&
           same_bits(as_double("0.1000000000000000055511151231257827"), 0.1),
       "a decimal comma changes nothing");
    uselocale(before);
    freelocale(comma);
}

/* ---- keys ---- */

/* An object of n keys, of which `twice` (0: none) is repeated at the end. */
static json_t *keys(int n, int twice, long *at)
{
    buf b = {0};
    char key[40];
    (void)buf_add(&b, "{", 1);
    for (int i = 0; i < n; i++)
        (void)buf_add(&b, key, (size_t)snprintf(key, sizeof key, "\"key%d\":%d,", i, i));
    *at = (long)b.len + 2;
    (void)buf_add(&b, key, (size_t)snprintf(key, sizeof key, "\"key%d\":0}", twice ? twice - 1 : n));
    json_t *v = pulled((const char *)b.data, b.len);
    buf_free(&b);
    return v;
}

static void many_keys(void)
{
    static const int counts[] = {1, 2, 11, 12, 13, 100, 20000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        int n = counts[i];
        long at;
        char expected[60];
        json_t *v = keys(n, 0, &at);
        ok(json_object_size(v) == (size_t)n + 1, "%d keys", n + 1);
        json_decref(v);
        bool right = true;
        for (int twice = 1; twice <= n; twice += 1 + n / 10) {
            v = keys(n, twice, &at);
            snprintf(expected, sizeof expected, "byte %ld: duplicate key", at);
            right &= !v && strncmp(err_message(), expected, strlen(expected)) == 0;
            json_decref(v);
        }
        ok(right, "one of them is a duplicate: %s", err_message());
    }
}

/* ---- the reader itself ---- */

static void in_place(void)
{
    char line[] = " {\"a\\u00e9\": \"x\\ny\\u0000z\", \"skipped\": [1, {\"b\": [[], \"\"]}, 2], \"n\": -12, "
                  "\"f\": 0.50} ";
    jsonpull r = {0};
    jsonpull_value v;
    ok(jsonpull_open(&r, line, sizeof line - 1) == 0 && jsonpull_next(&r, &v) == 0 &&
           v.type == JSONPULL_OBJECT,
       "an object");
    ok(jsonpull_member(&r, &v) == 1 && v.type == JSONPULL_STRING && strcmp(v.key, "a\xc3\xa9") == 0 &&
           v.key_n == 3,
       "its first key");
    ok(v.n == 5 && memcmp(v.s, "x\ny\0z", 6) == 0, "a string, with a NUL in it and one after it");
    ok(v.s > line && v.s < line + sizeof line, "it lies in the text");
    ok(jsonpull_member(&r, &v) == 1 && v.type == JSONPULL_ARRAY && jsonpull_skip(&r, &v) == 0,
       "an array, skipped");
    ok(jsonpull_member(&r, &v) == 1 && v.type == JSONPULL_INTEGER && v.i == -12 && v.n == 3 &&
           memcmp(v.s, "-12", 3) == 0 && jsonpull_skip(&r, &v) == 0,
       "a whole number, and its digits");
    ok(jsonpull_member(&r, &v) == 1 && v.type == JSONPULL_REAL && same_bits(v.f, 0.5) && v.n == 4, "a real");
    ok(jsonpull_member(&r, &v) == 0 && jsonpull_end(&r) == 0, "the end");

    char bad_inside[] = "{\"skipped\": [1, {\"b\": }]}", again[] = "[]";
    ok(jsonpull_open(&r, bad_inside, sizeof bad_inside - 1) == 0 && jsonpull_next(&r, &v) == 0 &&
           jsonpull_member(&r, &v) == 1 && jsonpull_skip(&r, &v) == -1,
       "what is skipped is read as strictly: %s", err_message());
    ok(jsonpull_open(&r, again, 2) == 0 && jsonpull_next(&r, &v) == 0 && jsonpull_item(&r, &v) == 0 &&
           jsonpull_end(&r) == 0,
       "a reader is used again after an error");
    jsonpull_free(&r);
    ok(strcmp(jsonpull_name(JSONPULL_ARRAY), "an array") == 0 &&
           strcmp(jsonpull_name(JSONPULL_NULL), "null") == 0,
       "names");
}

/* ---- any bytes ---- */

/* Cut, doubled, and with bytes of others: what both readers say of it. */
static size_t mutate(rng *r, char *s, size_t n, size_t room)
{
    static const char pieces[] = "{}[]\",:\\u0dD89eE+-. \tntf\n\x1f\xc3\xa9\xed\xa0";
    for (uint64_t k = rng_next(r) % 4; k > 0 && n > 1; k--) {
        size_t at = rng_next(r) % n;
        switch (rng_next(r) % 4) {
        case 0:
            s[at] = pieces[rng_next(r) % (sizeof pieces - 1)];
            break;
        case 1: /* out */
            memmove(s + at, s + at + 1, n - at - 1);
            n--;
            break;
        case 2: /* in */
            if (n < room) {
                memmove(s + at + 1, s + at, n - at);
                s[at] = pieces[rng_next(r) % (sizeof pieces - 1)];
                n++;
            }
            break;
        default:
            n = rng_next(r) % 8 ? n : at;
        }
    }
    return n;
}

static void mutations(void)
{
    enum { N = 100000 };
    static const char seed[] =
        "{\"id\":\"e\\u00e91\",\"text\":\"a\\nb "
        "\xc3\xa9\\ud83d\\ude00\",\"n\":[-1.5e3,0,12,true,null],\"o\":{\"k\":{},\"l\":\"\"}}";
    rng r;
    rng_seed(&r, 11, 0, 0);
    int same = 0, accepted = 0;
    for (int i = 0; i < N; i++) {
        char s[sizeof seed + 8];
        memcpy(s, seed, sizeof seed);
        size_t n = mutate(&r, s, sizeof seed - 1, sizeof s);
        same += pulled_as_jansson(s, n);
        json_t *v = pulled(s, n);
        accepted += v != NULL;
        json_decref(v);
    }
    ok(same == N && accepted > N / 10 && accepted < N / 2,
       "%d of %d texts, %d of them JSON, are to us what they are to jansson", same, N, accepted);
}

int main(void)
{
    corpus();
    depth();
    strings();
    reals();
    locales();
    many_keys();
    in_place();
    mutations();
    return tap_done();
}
