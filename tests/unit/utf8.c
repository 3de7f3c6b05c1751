/* SPDX-License-Identifier: Apache-2.0 */
#include "text/utf8.h"

#include "io/utf8check.h"
#include "tap.h"

#include <stdbool.h>
#include <string.h>

static void round_trip(void)
{
    int right = 1;
    for (int32_t c = 0; c < 0x110000; c++) {
        char s[4];
        size_t bad;
        if (c >= 0xd800 && c < 0xe000)
            continue;
        size_t n = utf8_put(c, s);
        const unsigned char *p = (const unsigned char *)s;
        right = right && utf8_check(p, n, &bad) && utf8_get(&p) == c && p == (const unsigned char *)s + n;
    }
    ok(right, "every character is written and read back");
}

/* A wrong byte anywhere in ASCII of any length: what is read at once depends on both. */
static void wrong_bytes(void)
{
    bool found = true;
    for (size_t n = 1; n <= 24; n++) {
        unsigned char s[24];
        size_t bad = 0;
        memset(s, 'a', sizeof s);
        found &= utf8_check(s, n, &bad);
        for (size_t i = 0; i < n; i++) {
            s[i] = 0x80;
            found &= !utf8_check(s, n, &bad) && bad == i;
            s[i] = 'a';
        }
    }
    ok(found, "a wrong byte is found at its offset");
}

static void classes(void)
{
    static const struct {
        int32_t c;
        utf8_class class;
    } rows[] = {{'a', UTF8_LETTER},   {'_', UTF8_LETTER},    {0xe9, UTF8_LETTER},   {0x4e00, UTF8_LETTER},
                {0x2b0, UTF8_LETTER}, {'7', UTF8_NUMBER},    {0x663, UTF8_NUMBER},  {0x2163, UTF8_NUMBER},
                {0xbd, UTF8_NUMBER},  {0x301, UTF8_MARK},    {0x903, UTF8_MARK},    {0x20dd, UTF8_MARK},
                {0xad, UTF8_JOINER},  {0x200d, UTF8_JOINER}, {0x200b, UTF8_OTHER},  {' ', UTF8_OTHER},
                {'\'', UTF8_OTHER},   {0x2019, UTF8_OTHER},  {0x1f600, UTF8_OTHER}, {0, UTF8_OTHER}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ok(utf8_classify(rows[i].c) == rows[i].class, "U+%04X is of class %d", (unsigned)rows[i].c,
           (int)rows[i].class);
}

static bool becomes(const char *from, int form, const char *to)
{
    buf out = {0}, scratch[2] = {{0}};
    int r = utf8_form(&out, from, strlen(from), form, scratch);
    bool same = r == 0 && out.len == strlen(to) && (out.len == 0 || memcmp(out.data, to, out.len) == 0);
    buf_free(&out);
    buf_free(&scratch[0]);
    buf_free(&scratch[1]);
    return same;
}

static void folds(const char *from, const char *to)
{
    ok(becomes(from, UTF8_FOLD, to), "%s folds to %s", from, to);
}

static void forms(void)
{
    static const struct {
        const char *from;
        int form;
        const char *to;
    } rows[] = {{"E\u0301TE\u0301", 0, "ÉTÉ"},
                {"ÉTÉ", UTF8_STRIP, "ETE"},
                {"E\u0301te\u0301", UTF8_STRIP | UTF8_FOLD, "ete"},
                {"Œdème ǽ Ĳ ﬃ", UTF8_LIGATURE, "OEdème aé IJ ffi"},
                {"ŒDÈME", UTF8_LIGATURE | UTF8_FOLD, "oedème"},
                {"ŒDÈME", UTF8_STRIP | UTF8_FOLD, "oedeme"},
                {"Łódź Ørsted đ Þ ı İ ẞß", UTF8_STRIP, "Lodz Orsted d TH i I SSss"},
                {"ΰ ᾳ ё й", UTF8_STRIP, "υ α е и"},
                {"ᾳ", UTF8_STRIP | UTF8_FOLD, "αι"},
                {"がパ हिन्दी שָׁ 가", UTF8_STRIP | UTF8_FOLD, "がパ हिन्दी שָׁ 가"},
                {"", UTF8_STRIP | UTF8_FOLD, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        ok(becomes(rows[i].from, rows[i].form, rows[i].to), "%s in form %d is %s", rows[i].from, rows[i].form,
           rows[i].to);
}

/* Behind and before a letter, and a syllable that Hangul vowels and finals compose with. */
static void inert(void)
{
    static const char before[] = "e\u1100가";
    int wrong = 0, n = 0;
    for (int32_t c = 0x80; c < 0x10000; c++) {
        char s[20] = "";
        const utf8_class class = utf8_classify(c);
        if ((class != UTF8_LETTER && class != UTF8_NUMBER) || !utf8_inert(c))
            continue;
        strcpy(s, before);
        size_t at = strlen(s);
        at += utf8_put(c, s + at);
        strcpy(s + at, "a");
        wrong += !becomes(s, 0, s) || !becomes(s, UTF8_FOLD, s) ||
                 (c >= 0x800 && !becomes(s, UTF8_FOLD | UTF8_STRIP, s));
        n++;
    }
    ok(wrong == 0 && n > 30000, "%d inert characters are themselves (%d are not)", n, wrong);
    ok(!utf8_inert(0x301) && !utf8_inert(0xe9) && !utf8_inert(0x1161) && !utf8_inert('A') &&
           utf8_inert(0x4e00),
       "what is inert");
}

static void folding(void)
{
    folds("", "");
    folds("ÉTÉ", "été");
    folds("E\u0301te\u0301", "été");
    folds("Straße", "strasse");
    folds("STRASSE", "strasse");
    folds("ẞ", "ss");
    folds("İ", "i\u0307");
    folds("ΣΊΣΥΦΟΣ", "σίσυφοσ");
    folds("σίσυφος", "σίσυφοσ");
    folds("ﬁèvre", "fièvre");
    folds("Ǆ", "ǆ");
    folds("\u212B", "å");
    folds("\u00b5g", "\u03bcg");
    folds("ΐ", "ΐ");
    folds("q\u0307\u0323", "q\u0323\u0307");
    folds("\u0391\u0345\u0301", "άι");
    folds("\u1100\u1161", "가");
}

/* Marks of two classes in turn, the wrong way round: as far from their order as marks can be. */
static void order(void)
{
    enum { MARKS = 100000 };
    static int32_t codes[MARKS];
    static char text[2 * MARKS + 1];
    for (int i = 0; i < MARKS; i++) {
        codes[i] = i % 2 ? 0x327 : 0x301; /* classes 202 and 230 */
        utf8_put(codes[i], text + 2 * i);
    }
    const int64_t steps = utf8_order(codes, MARKS);
    bool right = true;
    for (int i = 0; i < MARKS; i++)
        right = right && codes[i] == (i < MARKS / 2 ? 0x327 : 0x301);
    ok(right && steps > 0 && steps <= 8 * (int64_t)MARKS, "%d marks are ordered in %lld moves", MARKS,
       (long long)steps);

    int32_t few[] = {'a', 0x301, 0x300, 0x327, 0x323, 'b', 0x301, 0x327};
    static const int32_t wanted[] = {'a', 0x327, 0x323, 0x301, 0x300, 'b', 0x327, 0x301};
    ok(utf8_order(few, 8) > 0 && memcmp(few, wanted, sizeof few) == 0, "marks of one class keep their order");

    buf out = {0}, scratch[2] = {{0}};
    ok(utf8_form(&out, text, strlen(text), UTF8_FOLD | UTF8_STRIP, scratch) == 0 && out.len == 0,
       "200 KB of accents are taken off");
    ok(utf8_form(&out, text, strlen(text), UTF8_FOLD, scratch) == 0 && out.len == strlen(text) &&
           memcmp(out.data, "\u0327\u0327", 4) == 0,
       "200 KB of accents are folded");
    buf_free(&out);
    buf_free(&scratch[0]);
    buf_free(&scratch[1]);
}

int main(void)
{
    order();
    round_trip();
    wrong_bytes();
    classes();
    folding();
    forms();
    inert();
    ok(utf8_lower(0xc9) == 0xe9 && utf8_lower('a') == 'a' && utf8_lower(0x1e9e) == 0xdf, "simple lower case");
    ok(utf8_cased('a') && utf8_cased(0xaa) && utf8_cased(0x2160) && !utf8_cased('1') && !utf8_cased(0x4e00),
       "what has a case");
    ok(utf8_case_ignorable(0x2b0) && !utf8_case_ignorable('a'), "what is passed over in looking for case");
    return tap_done();
}
