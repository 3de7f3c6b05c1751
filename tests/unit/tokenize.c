/* SPDX-License-Identifier: Apache-2.0 */
/* Words and spans: cases by hand, and random Unicode compared with an oracle that works character by
 * character.
 */
#include "text/tokenize.h"

#include "base/err.h"
#include "base/rng.h"
#include "io/walk.h"
#include "tap.h"
#include "text/language.h"
#include "text/utf8.h"

#include <string.h>

static const tokenize_options standard = {.numbers = TOKENIZE_TEN},
                              caml = {.caml = true, .numbers = TOKENIZE_DROP};

/* The words of a text as "word/start-end word/start-end". */
static const char *words(const tokenize_options *o, const char *text)
{
    static char line[4096];
    tokens w = {0};
    tokenizer *t = tokenizer_new(o);
    size_t at = 0;
    line[0] = '\0';
    if (tokenize(t, text, strlen(text), 0, &w) < 0)
        at = (size_t)snprintf(line, sizeof line, "%s", err_message());
    for (size_t i = 0; i < w.T; i++) {
        size_t n;
        const char *s = tokens_word(&w, i, &n);
        at += (size_t)snprintf(line + at, sizeof line - at, "%s%.*s/%d-%d", i ? " " : "", (int)n, s,
                               w.spans[i][1], w.spans[i][2]);
    }
    tokenizer_free(t);
    tokens_free(&w);
    return line;
}

static void expect(const tokenize_options *o, const char *text, const char *expected)
{
    const char *found = words(o, text);
    ok(strcmp(found, expected) == 0, "%s  ->  %s", text, expected);
    if (strcmp(found, expected) != 0)
        printf("# found %s\n", found);
}

static void by_hand(void)
{
    const tokenize_options *o = &standard;
    expect(o, "", "");
    expect(o, " .,;\t", "");
    expect(o, "Koorts, hoest.", "koorts/0-6 hoest/8-13");
    expect(o, "snake_case _x", "snake_case/0-10 _x/11-13");
    expect(o, "zo'n l’état", "zo/0-2 n/3-4 l/5-6 état/7-11");
    expect(o, "ÉTÉ E\u0301TE\u0301 x", "été/0-3 été/4-9 x/10-11");
    expect(o, "Straße STRASSE", "strasse/0-6 strasse/7-14");
    expect(o, "İki ΟΔΟΣ οδος", "i\u0307ki/0-3 οδοσ/4-8 οδοσ/9-13");
    expect(o, "ﬁèvre 😀é", "fièvre/0-5 é/7-8");
    expect(o, "שלום عربي", "שלום/0-4 عربي/5-9");
    expect(o, "=\u0338 a\u0338", "a\u0338/3-5");
    expect(o, "\u0301a", "a/1-2");
    expect(o, "pa\u00adtie\u0308nt", "patiënt/0-9");
    expect(o, "a\u00ad\u200db \u00adc\u00ad d\u00ad.", "ab/0-4 c/6-7 d/9-10");
    expect(o, "a\u00ad\u0301", "á/0-3");
    expect(o, "8\u00ad9 a\u00ad9 9\u00ada", "8/0-1 9/2-3 a/4-5 9/6-7 9/8-9 a/10-11");
    expect(o, "\ufeff\u200b", "");

    static const char numbers[] = "0 1 9 10 11 01 2.5 250mg 2e ٣ Ⅳ ½ x² 1\u0301 37,5";
    expect(o, numbers,
           "1/2-3 9/4-5 10/6-8 2/15-16 5/17-18 250mg/19-24 2e/25-27 x²/34-36 1\u0301/37-39 5/43-44");
    expect(&(tokenize_options){.numbers = TOKENIZE_DROP}, numbers,
           "250mg/19-24 2e/25-27 x²/34-36 1\u0301/37-39");
    expect(&(tokenize_options){.numbers = TOKENIZE_KEEP}, "0 ٣ Ⅳ", "0/0-1 ٣/2-3 ⅳ/4-5");
    expect(&(tokenize_options){.numbers = TOKENIZE_MASK}, "0 a ٣ 10 7x",
           "<num>/0-1 a/2-3 <num>/4-5 <num>/6-8 7x/9-11");
}

/* What Python 3 makes of the same texts. */
static void as_caml(void)
{
    const tokenize_options *o = &caml;
    expect(o, "Koorts 500 250mg 37,5 _x l'État", "koorts/0-6 250mg/11-16 _x/22-24 l/25-26 état/27-31");
    expect(o, "E\u0301te", "e/0-1 te/2-4");
    expect(o, "1 10 ² ½ Ⅳ ٣ 一 一二 一a 丁", "一a/18-20 丁/21-22");
    expect(o, "İki Straße ẞ ﬁ", "i\u0307ki/0-3 straße/4-10 ß/11-12 ﬁ/13-14");
    expect(o, "ΟΔΟΣ Σ ΑΣΑ ΣΑΣʰ ªΣ 1Σ ⅠΣ AΣ1",
           "οδος/0-4 σ/5-6 ασα/7-10 σαςʰ/11-15 ªς/16-18 1σ/19-21 ⅰς/22-24 aς1/25-28");
    expect(o, "pa\u00adtient", "pa/0-2 tient/3-8");
    expect(&(tokenize_options){.caml = true, .numbers = TOKENIZE_TEN}, "1 11 一", "1/0-1");
}

/* What formats/words.md has no row for. */
static void in_languages(void)
{
    static const tokenize_options fr = {.numbers = TOKENIZE_KEEP, .language = LANGUAGE_FR},
                                  nl = {.numbers = TOKENIZE_KEEP, .language = LANGUAGE_NL};
    expect(&fr, "10 %.À b.% a%b %%",
           "10/0-2 %/3-4 à/5-6 b/7-8 %/9-10 a/11-12 %/12-13 b/13-14 %/15-16 %/16-17");
    expect(&fr, "l''eau l'", "l/0-1 eau/3-6 l'/7-9");
    expect(&fr, "L\u2019E\u0301TE\u0301 QU\u02bcA\u0300", "l'/0-2 été/2-7 qu'/8-11 à/11-13");
    expect(&fr, "pa\u00adtient d\u2019a\u00adbord", "patient/0-8 d'/9-11 abord/11-17");
    expect(&fr, "l'5-FU N.B.l'os zo'n.b", "l'/0-2 5/2-3 fu/4-6 nb/7-10 l'/11-13 os/13-15 zo'n/16-20 b/21-22");
    expect(&fr, "2x3cm 2x3, 12mgx 4g5 L4",
           "2/0-1 x/1-2 3/2-3 cm/3-5 2/6-7 x/7-8 3/8-9 12mgx/11-16 4/17-18 g/18-19 5/19-20 l4/21-23");
    expect(&fr, "1-2-3-4 1-2-a 12-03-2024/5", "1-2-3-4/0-7 1/8-9 2/10-11 a/12-13 12-03-2024/5/14-26");
    expect(&fr, "IL-6,5 T-4-5 B-12 AB-1234",
           "il/0-2 6,5/3-6 t/7-8 4/9-10 5/11-12 b-12/13-17 ab/18-20 1234/21-25");
    expect(&fr, "1\u202f000\u202f000,5 2024\u00a0300 1\u00a00000",
           "1000000,5/0-11 2024/12-16 300/17-20 1/21-22 0000/23-27");
    expect(&fr, "a-t-elle a-t-on -t-il va-t-en",
           "a/0-1 elle/4-8 a/9-10 on/13-15 t/17-18 il/19-21 va/22-24 t/25-26 en/27-29");
    expect(&fr, "37 °C 37°c, 5 °x n°5 90°",
           "37/0-2 °c/3-5 37/6-8 °c/8-10 5/12-13 x/15-16 n/17-18 5/19-20 90/21-23");
    expect(&nl, "'s'avonds 'k, x's (’n)", "s'/1-3 avonds/3-9 'k/10-12 x's/14-17 'n/19-21");
    expect(&nl, "1-0-1 1dd1 l'a", "1-0-1/0-5 1/6-7 dd/7-9 1/9-10 l'/11-13 a/13-14");
}

/* Words of a million bytes and more, plain and not, and with rules. */
static void long_words(void)
{
    static const struct {
        const char *title, *piece, *form, *end;
        size_t n; /* characters of a piece, bytes of its form */
        tokenize_options o;
    } rows[] = {{"ASCII", "Ab1_", "ab1_", "z", 4, {0}},
                {"two bytes", "É", "é", "z", 1, {0}},
                {"decomposed", "E\u0301", "é", "z", 2, {0}},
                {"three bytes", "病", "病", "z", 1, {0}},
                {"four bytes", "𐐀", "𐐨", "z", 1, {0}},
                {"joiners", "a\u00ad", "a", "z", 2, {0}},
                {"initials", "a.", "a", "z", 2, {.language = LANGUAGE_FR}},
                {"apostrophes", "ab'", "ab'", "z", 3, {.language = LANGUAGE_NL}},
                {"numbers", "1,", "1,", "5", 2, {.language = LANGUAGE_NL, .numbers = TOKENIZE_KEEP}},
                {"caml", "Éa", "éa", "z", 2, {.caml = true}}};
    const size_t pieces = 300000; /* and one more character */
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        tokenizer *t = tokenizer_new(&rows[r].o);
        tokens w = {0};
        buf text = {0}, form = {0};
        for (size_t i = 0; i < pieces; i++) {
            buf_add(&text, rows[r].piece, strlen(rows[r].piece));
            buf_add(&form, rows[r].form, strlen(rows[r].form));
        }
        buf_add(&text, rows[r].end, 1);
        buf_add(&form, rows[r].end, 1);
        size_t n = 0;
        bool done = tokenize(t, (const char *)text.data, text.len, 0, &w) == 0 && w.T >= 1;
        const char *word = done ? tokens_word(&w, 0, &n) : "";
        ok(done && n == form.len && memcmp(word, form.data, n) == 0 &&
               (size_t)w.spans[0][2] == pieces * rows[r].n + 1,
           "a word of %zu bytes: %s", text.len, rows[r].title);
        buf_free(&text);
        buf_free(&form);
        tokens_free(&w);
        tokenizer_free(t);
    }
}

/* Rules read ahead, but never the whole text. */
static void long_texts(void)
{
    static const char *const pieces[] = {"2x", "2x3mg'",         "'",       "1-",     "a-t-", "°",
                                         "l'", "a\u00ad\u00ad.", "1\u00ad", "\u00a01"};
    const tokenize_options o = {.language = LANGUAGE_FR, .numbers = TOKENIZE_KEEP};
    tokenizer *t = tokenizer_new(&o);
    tokens w = {0};
    buf text = {0};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        text.len = 0;
        for (int j = 0; j < 200000; j++)
            buf_add(&text, pieces[i], strlen(pieces[i]));
        tokens_clear(&w);
        bool done = tokenize(t, (const char *)text.data, text.len, 0, &w) == 0;
        ok(done, "%s again and again: %zu words", pieces[i], w.T);
    }
    buf_free(&text);
    tokens_free(&w);
    tokenizer_free(t);
}

static void refused(void)
{
    tokenizer *t = tokenizer_new(&standard);
    tokens w = {0};
    static const char *const bad[] = {"\xff",   "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80",
                                      "abc\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(tokenize(t, bad[i], strlen(bad[i]), 0, &w) == -1 && w.T == 0, "refused: %s", err_message());
    ok(tokenize(t, "a\0b", 3, 4, &w) == 0 && w.T == 2 && w.spans[1][0] == 4 && w.spans[1][1] == 2,
       "a NUL is no word, and the document's number is in the span");
    ok(tokenize(t, "c", 1, 5, &w) == 0 && w.T == 3 && w.spans[2][0] == 5 && w.spans[2][1] == 0,
       "the words of a second text come after those of the first");
    tokens_clear(&w);
    ok(w.T == 0, "cleared");
    tokens_free(&w);
    tokenizer_free(t);
}

static void settings(void)
{
    tokenizer *t = tokenizer_new(&standard);
    pack p = {0};
    tokenizer_settings(t, &p);
    walk w = {p.body.data, p.body.data + p.body.len};
    uint32_t objects = 0;
    while (walk_skip(&w) == 1)
        objects++;
    ok(!pack_failed(&p) && p.fields > 0 && objects == 2 * p.fields && w.p == w.end, "the settings are pairs");
    pack_free(&p);
    tokenizer_free(t);
}

/* ---- random texts ---- */

#define MOST 60 /* characters */

/* Characters that meet each other in words, and any others. */
static int32_t random_character(rng *r)
{
    static const int32_t common[] = {'a',   'E',     '1',    '0',    '_',    ' ',    ',',    0x301,
                                     0x308, 0x323,   0x345,  0xad,   0x200d, 0x3a3,  0xe9,   0xdf,
                                     0x130, 0x390,   0x1fb3, 0xfb01, 0x2163, 0x1100, 0x1161, 0x915,
                                     0x94d, 0x1f600, 0x5d0,  0x4e00, 0x338,  0xa8};
    if (rng_below(r, 4) > 0)
        return common[rng_below(r, sizeof common / sizeof *common)];
    int32_t c = (int32_t)rng_below(r, rng_below(r, 2) ? 0x600 : 0x110000);
    return c >= 0xd800 && c < 0xe000 ? '-' : c;
}

typedef struct sample {
    int n;
    int32_t c[MOST];
} sample;

static void write_text(const sample *s, int from, int to, bool joiners, buf *out)
{
    out->len = 0;
    for (int i = from; i < to; i++) {
        char bytes[4];
        if (joiners || utf8_classify(s->c[i]) != UTF8_JOINER)
            buf_add(out, bytes, utf8_put(s->c[i], bytes));
    }
}

/* Whether all of from .. to is one word, and cannot be made longer. */
static bool is_word(const sample *s, int from, int to)
{
    utf8_class first = utf8_classify(s->c[from]), last = utf8_classify(s->c[to - 1]);
    if ((first != UTF8_LETTER && first != UTF8_NUMBER) || last == UTF8_JOINER)
        return false;
    for (int i = from; i < to; i++)
        if (utf8_classify(s->c[i]) == UTF8_OTHER)
            return false;
    utf8_class behind = to < s->n ? utf8_classify(s->c[to]) : UTF8_OTHER;
    return behind == UTF8_OTHER || behind == UTF8_JOINER;
}

static bool has_no_word(const sample *s, int from, int to)
{
    for (int i = from; i < to; i++)
        if (utf8_classify(s->c[i]) == UTF8_LETTER || utf8_classify(s->c[i]) == UTF8_NUMBER)
            return false;
    return true;
}

static bool check_sample(const tokenizer *t, const sample *s, tokens *w, buf b[4])
{
    write_text(s, 0, s->n, true, &b[0]);
    tokens_clear(w);
    if (tokenize(t, (const char *)b[0].data, b[0].len, 0, w) < 0)
        return false;
    int end = 0;
    for (size_t i = 0; i < w->T; i++) {
        size_t n;
        const char *word = tokens_word(w, i, &n);
        int from = w->spans[i][1], to = w->spans[i][2];
        if (from < end || to > s->n || from >= to || !has_no_word(s, end, from) || !is_word(s, from, to))
            return false;
        write_text(s, from, to, false, &b[0]);
        b[1].len = 0;
        utf8_fold(&b[1], (const char *)b[0].data, b[0].len, b + 2);
        if (b[1].len != n || memcmp(b[1].data, word, n) != 0)
            return false;
        end = to;
    }
    return has_no_word(s, end, s->n);
}

static void random_texts(void)
{
    tokenizer *t = tokenizer_new(&(tokenize_options){.numbers = TOKENIZE_KEEP});
    tokens w = {0};
    buf b[4] = {{0}};
    rng r;
    rng_seed(&r, 1, 0, 0);
    int wrong = 0;
    for (int i = 0; i < 50000; i++) {
        sample s = {.n = (int)rng_below(&r, MOST + 1)};
        for (int j = 0; j < s.n; j++)
            s.c[j] = random_character(&r);
        wrong += !check_sample(t, &s, &w, b);
    }
    ok(wrong == 0, "50000 random texts: text[start:end], normalised and folded, is the word (%d wrong)",
       wrong);
    for (int i = 0; i < 4; i++)
        buf_free(&b[i]);
    tokens_free(&w);
    tokenizer_free(t);
}

/* ---- random texts in languages ---- */

/* Characters of the rules, and characters next to them. */
static int32_t random_language_character(rng *r)
{
    static const int32_t some[] = {'l',    'd',   'q',   'u',    's',     't',    'n',   'C',  'i',   'E',
                                   'x',    'm',   'g',   'h',    '1',     '2',    '0',   '9',  '\'',  '\'',
                                   0x2019, 0x2bc, '-',   '-',    0x2011,  '.',    '.',   ',',  '/',   ':',
                                   0xa0,   0xb0,  0xba,  '%',    ' ',     ' ',    '(',   0xe9, 0x153, 0x133,
                                   0x301,  0xad,  0x663, 0x4e00, 0x1f600, 0x1100, 0x1161};
    return rng_below(r, 8) > 0 ? some[rng_below(r, sizeof some / sizeof *some)] : random_character(r);
}

/* Whether what is between words has neither letters nor numbers; signs that are letters elsewhere, and the t
 * of a-t-il, are none. */
static bool is_gap(language l, const sample *s, int from, int to)
{
    for (int i = from; i < to; i++) {
        utf8_class class = utf8_classify(s->c[i]);
        bool sign = language_find_sign(l, s->c[i]) != NULL,
             t = l == LANGUAGE_FR && (s->c[i] == 't' || s->c[i] == 'T');
        if ((class == UTF8_LETTER || class == UTF8_NUMBER) && !sign && !t)
            return false;
    }
    return true;
}

/* The text of the span of a word is tokenized to that word and no other. */
static bool is_found_again(const tokenizer *t, const sample *s, const tokens *w, size_t i, tokens *again,
                           buf *b)
{
    size_t n, m;
    const char *word = tokens_word(w, i, &n);
    const int32_t from = w->spans[i][1], to = w->spans[i][2];
    write_text(s, from, to, true, b);
    tokens_clear(again);
    if (tokenize_valid(t, (const char *)b->data, b->len, 0, again) < 0 || again->T != 1)
        return false;
    const char *same = tokens_word(again, 0, &m);
    return n > 0 && n == m && memcmp(word, same, n) == 0 && again->spans[0][1] == 0 &&
           again->spans[0][2] == to - from;
}

static bool check_language(const tokenizer *t, language l, const sample *s, tokens w[2], buf *b)
{
    int end = 0;
    write_text(s, 0, s->n, true, b);
    tokens_clear(&w[0]);
    if (tokenize(t, (const char *)b->data, b->len, 0, &w[0]) < 0)
        return false;
    for (size_t i = 0; i < w[0].T; i++) {
        const int32_t from = w[0].spans[i][1], to = w[0].spans[i][2];
        if (from < end || to > s->n || from >= to || !is_gap(l, s, end, from) ||
            !is_found_again(t, s, &w[0], i, &w[1], b))
            return false;
        end = to;
    }
    return is_gap(l, s, end, s->n);
}

static void random_languages(void)
{
    tokens w[2] = {{0}};
    buf b = {0};
    rng r;
    rng_seed(&r, 2, 0, 0);
    for (int settings = 0; settings < 12; settings++) {
        const language l = (language)(settings % 3);
        const bool keep_case = settings / 3 % 2, strip = settings / 6;
        tokenizer *t = tokenizer_new(&(tokenize_options){
            .numbers = TOKENIZE_KEEP, .language = l, .keep_case = keep_case, .strip_accents = strip});
        int wrong = 0;
        for (int i = 0; i < 10000; i++) {
            sample s = {.n = (int)rng_below(&r, MOST + 1)};
            for (int j = 0; j < s.n; j++)
                s.c[j] = random_language_character(&r);
            wrong += !check_language(t, l, &s, w, &b);
        }
        ok(wrong == 0,
           "10000 random texts, language %d%s%s: a word on its own is the same word, and no letter is lost "
           "(%d wrong)",
           (int)l, keep_case ? ", case kept" : "", strip ? ", accents stripped" : "", wrong);
        tokenizer_free(t);
    }
    tokens_free(&w[0]);
    tokens_free(&w[1]);
    buf_free(&b);
}

static void signs(void)
{
    tokens w = {0};
    tokenizer *t = tokenizer_new(&(tokenize_options){.keep_signs = true});
    ok(tokenize(t, "a -", 3, 0, &w) == 0 && w.T == 2, "a minus after a blank is a result");
    tokens_clear(&w);
    ok(tokenize(t, "a\0-", 3, 0, &w) == 0 && w.T == 1, "a minus after a NUL is none");
    tokens_free(&w);
    tokenizer_free(t);
}

int main(void)
{
    by_hand();
    as_caml();
    in_languages();
    long_words();
    long_texts();
    refused();
    settings();
    signs();
    random_texts();
    random_languages();
    return tap_done();
}
