/* SPDX-License-Identifier: Apache-2.0 */
/* The text ends with a NUL, which is not valid in JSON. Every loop over characters stops there, so that
 * none checks for the end. */
#include "io/jsonpull.h"

#include "base/c_locale.h"
#include "base/err.h"
#include "base/little_endian.h"
#include "base/mem.h"
#include "io/utf8check.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_JSON "not JSON"

static int wrong(jsonpull *r, const char *at, const char *why)
{
    r->wrong = at;
    return err_set("byte %td: %s", at - r->start + 1, at == r->end ? "ends within a value" : why);
}

static void skip_blanks(jsonpull *r)
{
    while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r')
        r->p++;
}

/* ---- strings ---- */

#define EACH UINT64_C(0x0101010101010101)

/* Sets the high bit of each byte of w that is less than c (at most 0x80). Bytes above the lowest such byte
 * may be wrong. */
static inline uint64_t below(uint64_t w, unsigned c)
{
    return (w - EACH * c) & ~w & EACH * 0x80;
}

static inline uint64_t equal(uint64_t w, unsigned c)
{
    return below(w ^ EACH * c, 1);
}

/* Returns the first quote, backslash or control character at or after s. end points to a NUL, which counts
 * as one. Tests eight bytes at a time. */
static char *find_special(char *s, const char *end)
{
    for (; end - s >= 8; s += 8) {
        const uint64_t w = load_le64(s);
        const uint64_t found = below(w, 0x20) | equal(w, '"') | equal(w, '\\');
        if (found)
            return s + __builtin_ctzll(found) / 8;
    }
    while ((unsigned char)*s >= 0x20 && *s != '"' && *s != '\\')
        s++;
    return s;
}

/* Returns the value of the four digits of \uXXXX, or -1 if they are not hexadecimal digits. */
static int32_t hex4(const char *s)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)s[i], letter = c | 0x20;
        if (c >= '0' && c <= '9')
            value = value << 4 | (c - '0');
        else if (letter >= 'a' && letter <= 'f')
            value = value << 4 | (letter - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static char *put_character(char *out, int32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const int lead[] = {0, 0xc0, 0xe0, 0xf0};
    *out++ = (char)(lead[more] | c >> 6 * more);
    while (more-- > 0)
        *out++ = (char)(0x80 | (c >> 6 * more & 0x3f));
    return out;
}

/* Reads \uXXXX at r->p, or two of them that are a surrogate pair. -1 with the message set. */
static int32_t read_unicode(jsonpull *r)
{
    int32_t c = hex4(r->p + 2), low;
    if (c < 0)
        return wrong(r, r->p + 2 + strspn(r->p + 2, "0123456789abcdefABCDEF"),
                     "expected four hexadecimal digits after \\u");
    if (c < 0xd800 || c > 0xdfff) {
        r->p += 6;
        return c;
    }
    if (c > 0xdbff || r->p[6] != '\\' || r->p[7] != 'u' || (low = hex4(r->p + 8)) < 0xdc00 || low > 0xdfff)
        return wrong(r, r->p, "unpaired surrogate");
    r->p += 12;
    return 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
}

/* Reads the escape at r->p and moves past it. */
static int32_t read_escape(jsonpull *r)
{
    static const char escapes[] = "\"\\/bfnrt", characters[] = "\"\\/\b\f\n\r\t";
    const char c = r->p[1];
    if (c == 'u')
        return read_unicode(r);
    const char *known = c != '\0' ? strchr(escapes, c) : NULL;
    if (!known)
        return wrong(r, r->p + 1, "invalid escape");
    r->p += 2;
    return (unsigned char)characters[known - escapes];
}

/* Reads the string at r->p. A character is never longer than its escape, so the string is decoded in
 * place. */
static int read_string(jsonpull *r, const char **s, size_t *n)
{
    char *out = ++r->p;
    *s = out;
    for (;;) {
        char *from = r->p;
        r->p = find_special(from, r->end);
        if (out != from)
            memmove(out, from, r->p - from);
        out += r->p - from;
        if (*r->p == '"')
            break;
        if (*r->p != '\\')
            return wrong(r, r->p, "unescaped control character in a string");
        int32_t c = read_escape(r);
        if (c < 0)
            return -1;
        out = put_character(out, c);
    }
    *n = out - *s;
    *out = '\0';
    r->p++;
    return 0;
}

/* ---- numbers ---- */

/* Parses the number at s, independently of the locale. Infinite if out of range. */
static double to_double(const char *s)
{
    const locale_t c = c_locale();
    return c ? strtod_l(s, NULL, c) : strtod(s, NULL);
}

/* m 10^e. The result of one multiplication or division of exactly representable numbers is correctly
 * rounded. */
static double scaled(uint64_t m, int64_t e, const char *s)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (FLT_EVAL_METHOD != 0 || m > UINT64_C(1) << 53 || e < -22 || e > 22)
        return to_double(s);
    return e < 0 ? (double)m / tens[-e] : (double)m * tens[e];
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends the digits at r->p to *m. Once *m cannot hold them it stays at UINT64_MAX. Returns the number of
 * digits. */
static int64_t read_digits(jsonpull *r, uint64_t *m)
{
    const char *from = r->p;
    for (; is_digit(*r->p); r->p++)
        *m = *m > (UINT64_MAX - 9) / 10 ? UINT64_MAX : *m * 10 + (uint64_t)(*r->p - '0');
    return r->p - from;
}

/* Reads the fraction and the exponent at r->p. *e is the resulting power of ten. */
static int read_fraction(jsonpull *r, uint64_t *m, int64_t *e)
{
    *e = 0;
    if (*r->p == '.') {
        r->p++;
        *e = -read_digits(r, m);
        if (*e == 0)
            return wrong(r, r->p, NOT_JSON);
    }
    if (*r->p == 'e' || *r->p == 'E') {
        uint64_t power = 0;
        bool negative = *++r->p == '-';
        r->p += negative || *r->p == '+';
        if (read_digits(r, &power) == 0)
            return wrong(r, r->p, NOT_JSON);
        if (power > INT32_MAX)
            power = INT32_MAX;
        *e += negative ? -(int64_t)power : (int64_t)power;
    }
    return 0;
}

static int read_number(jsonpull *r, jsonpull_value *v)
{
    const char *from = r->p;
    uint64_t m = 0;
    int64_t e;
    bool negative = *r->p == '-';
    r->p += negative;
    const char *digits = r->p;
    int64_t n = read_digits(r, &m);
    if (n == 0 || (n > 1 && *digits == '0'))
        return wrong(r, n == 0 ? r->p : digits, NOT_JSON);
    v->s = from;
    if (*r->p != '.' && *r->p != 'e' && *r->p != 'E') {
        v->type = JSONPULL_INTEGER;
        v->i = (int64_t)(negative ? -m : m);
        if (m > (uint64_t)INT64_MAX + negative)
            return wrong(r, from, "a number out of range");
    } else {
        v->type = JSONPULL_REAL;
        if (read_fraction(r, &m, &e) < 0)
            return -1;
        v->f = scaled(m, e, digits);
        if (isinf(v->f))
            return wrong(r, from, "a number out of range");
        v->f = negative ? -v->f : v->f;
    }
    v->n = r->p - from;
    return 0;
}

/* ---- arrays and objects ---- */

static int begin_container(jsonpull *r, jsonpull_type type, jsonpull_value *v)
{
    r->wrong = r->p;
    if (r->depth == WALK_DEPTH)
        return err_set("byte %td: nested deeper than %d", r->p - r->start + 1, WALK_DEPTH);
    r->closes[r->depth] = type == JSONPULL_ARRAY ? ']' : '}';
    r->first_key[r->depth++] = r->n_keys;
    r->entered = true;
    r->p++;
    v->type = type;
    return 0;
}

/* Compares by length, then by bytes, then by position. */
static int compare_keys(const void *a, const void *b)
{
    const jsonpull_key *x = a, *y = b;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    int order = memcmp(x->s, y->s, x->n);
    return order != 0 ? order : (x->s > y->s) - (x->s < y->s);
}

static bool same_key(const jsonpull_key *a, const jsonpull_key *b)
{
    return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

#define FEW_KEYS 12

/* Returns one of n keys that also occurs earlier, NULL if there is none. */
static const jsonpull_key *find_twice(jsonpull_key *keys, size_t n)
{
    if (n <= FEW_KEYS) {
        for (size_t i = 1; i < n; i++)
            for (size_t j = 0; j < i; j++)
                if (same_key(&keys[i], &keys[j]))
                    return &keys[i];
        return NULL;
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (same_key(&keys[i], &keys[i - 1]))
            return &keys[i];
    return NULL;
}

/* Continues in the current array or object. Returns 1 if another element follows at r->p, 0 at the end, or
 * -1. */
static int go_on(jsonpull *r)
{
    const char close = r->closes[r->depth - 1];
    skip_blanks(r);
    if (*r->p == close) {
        size_t first = r->first_key[--r->depth];
        const jsonpull_key *twice = r->n_keys > first ? find_twice(r->keys + first, r->n_keys - first) : NULL;
        if (twice)
            return wrong(r, twice->s, "duplicate key in an object");
        r->n_keys = first;
        r->entered = false;
        r->p++;
        return 0;
    }
    if (!r->entered) {
        if (*r->p != ',')
            return wrong(r, r->p, NOT_JSON);
        r->p++;
        skip_blanks(r);
    }
    r->entered = false;
    return 1;
}

static int read_key(jsonpull *r, jsonpull_value *v)
{
    if (*r->p != '"')
        return wrong(r, r->p, NOT_JSON);
    const char *from = r->p;
    if (read_string(r, &v->key, &v->key_n) < 0)
        return -1;
    if (strlen(v->key) != v->key_n)
        return wrong(r, from, "NUL character in a key");
    if (mem_grow(&r->keys, &r->cap_keys, r->n_keys + 1, sizeof *r->keys) < 0)
        return -1;
    r->keys[r->n_keys++] = (jsonpull_key){v->key, v->key_n};
    skip_blanks(r);
    if (*r->p != ':')
        return wrong(r, r->p, NOT_JSON);
    r->p++;
    return 0;
}

/* ---- values ---- */

static int read_literal(jsonpull *r, const char *literal, jsonpull_type type, jsonpull_value *v)
{
    for (; *literal != '\0'; literal++, r->p++)
        if (*r->p != *literal)
            return wrong(r, r->p, NOT_JSON);
    v->type = type;
    return 0;
}

int jsonpull_next(jsonpull *r, jsonpull_value *v)
{
    skip_blanks(r);
    switch (*r->p) {
    case '"':
        v->type = JSONPULL_STRING;
        return read_string(r, &v->s, &v->n);
    case '{':
        return begin_container(r, JSONPULL_OBJECT, v);
    case '[':
        return begin_container(r, JSONPULL_ARRAY, v);
    case 't':
    case 'f':
        v->b = *r->p == 't';
        return read_literal(r, v->b ? "true" : "false", JSONPULL_BOOL, v);
    case 'n':
        return read_literal(r, "null", JSONPULL_NULL, v);
    default:
        return *r->p == '-' || is_digit(*r->p) ? read_number(r, v) : wrong(r, r->p, NOT_JSON);
    }
}

int jsonpull_item(jsonpull *r, jsonpull_value *v)
{
    int more = go_on(r);
    return more > 0 && jsonpull_next(r, v) < 0 ? -1 : more;
}

int jsonpull_member(jsonpull *r, jsonpull_value *v)
{
    int more = go_on(r);
    return more > 0 && (read_key(r, v) < 0 || jsonpull_next(r, v) < 0) ? -1 : more;
}

int jsonpull_skip(jsonpull *r, const jsonpull_value *v)
{
    if (v->type != JSONPULL_ARRAY && v->type != JSONPULL_OBJECT)
        return 0;
    const int outside = r->depth - 1;
    jsonpull_value inner;
    while (r->depth > outside) {
        int more = r->closes[r->depth - 1] == '}' ? jsonpull_member(r, &inner) : jsonpull_item(r, &inner);
        if (more < 0)
            return -1;
    }
    return 0;
}

int jsonpull_end(jsonpull *r)
{
    skip_blanks(r);
    return r->p == r->end ? 0 : wrong(r, r->p, "more than one value: expected one");
}

int jsonpull_open(jsonpull *r, char *text, size_t n)
{
    r->start = r->p = text;
    r->wrong = NULL;
    r->end = text + n;
    r->entered = false;
    r->depth = 0;
    r->n_keys = 0;
    size_t bad;
    return utf8_check((const unsigned char *)text, n, &bad) ? 0 : wrong(r, text + bad, "not UTF-8");
}

void jsonpull_free(jsonpull *r)
{
    mem_free(r->keys);
    *r = (jsonpull){0};
}

const char *jsonpull_name(jsonpull_type t)
{
    static const char *const names[] = {
        [JSONPULL_NULL] = "null",        [JSONPULL_BOOL] = "true or false",
        [JSONPULL_INTEGER] = "a number", [JSONPULL_REAL] = "a number with a fraction",
        [JSONPULL_STRING] = "a string",  [JSONPULL_ARRAY] = "an array",
        [JSONPULL_OBJECT] = "an object"};
    return names[t];
}
