/* SPDX-License-Identifier: Apache-2.0 */
/* There are two ways to read a word. Words of plain characters, which are nearly all, are found, written
 * and counted in one pass over their bytes. All others are read piece by piece. */
#include "text/tokenize.h"

#include "base/err.h"
#include "io/utf8check.h"
#include "text/utf8.h"

#include <endian.h>
#include <string.h>

enum {
    BEGINS = 1,    /* may be the first character of a word */
    CONTINUES = 2, /* may be a later character of a word */
    JOINS = 4,     /* may occur inside a word and is left out of it */
    NUMERAL = 8,
    PLAIN = 16, /* its form in a word does not depend on adjacent characters: it is in the table, or it does
                   not change */
    SIGN = 32,  /* the language has rules for it after a piece */
    LEADS = 64  /* the language has rules for it before a piece */
};

#define LOW      0x800   /* characters of one and two bytes; the table has their forms */
#define BASIC    0x10000 /* characters of one to three bytes; `flags` has their flags */
#define LOW_ROOM 7 /* bytes of a form: U+0390 folds to three characters of two bytes, before composition */
#define NUMBER   "<num>"

#define EACH(c) ((uint64_t)(c)*0x0101010101010101u) /* eight bytes, each of them c */
#define TOPS    EACH(0x80)

typedef struct low {
    uint8_t n;
    char form[LOW_ROOM]; /* [n]: after case folding and removal of accents, as the options ask */
} low;

struct tokenizer {
    tokenize_options options;
    int form; /* UTF8_ flags of the form of words */
    low table[LOW];
    uint64_t small; /* 0x80 in each byte if words are folded to lower case, otherwise 0 */
    uint8_t flags[BASIC];
};

/* A position in the text: a byte, and the number of code points before it. */
typedef struct cursor {
    const unsigned char *p;
    int32_t at;
} cursor;

/* The state of tokenizing one text. */
typedef struct pass {
    const tokenizer *t;
    const unsigned char *end;
    cursor c;
    const unsigned char *behind; /* end of the last piece that was read */
    bool number;                 /* that piece is a number: letters right after it may be its unit */
    int32_t document;
    tokens *out;
} pass;

/* ---- characters ---- */

/* Letters with a numeric value, for which Python's str.isnumeric() is true as it is for the categories N*:
 * [c for c in range(0x110000) if chr(c).isnumeric() and unicodedata.category(chr(c))[0] != 'N'], Unicode 14.
 */
static const int32_t numeral_letters[] = {
    0x3405,  0x3483,  0x382a,  0x3b4d,  0x4e00,  0x4e03,  0x4e07,  0x4e09,  0x4e5d,  0x4e8c,  0x4e94,
    0x4e96,  0x4ebf,  0x4ec0,  0x4edf,  0x4ee8,  0x4f0d,  0x4f70,  0x5104,  0x5146,  0x5169,  0x516b,
    0x516d,  0x5341,  0x5343,  0x5344,  0x5345,  0x534c,  0x53c1,  0x53c2,  0x53c3,  0x53c4,  0x56db,
    0x58f1,  0x58f9,  0x5e7a,  0x5efe,  0x5eff,  0x5f0c,  0x5f0d,  0x5f0e,  0x5f10,  0x62fe,  0x634c,
    0x67d2,  0x6f06,  0x7396,  0x767e,  0x8086,  0x842c,  0x8cae,  0x8cb3,  0x8d30,  0x9621,  0x9646,
    0x964c,  0x9678,  0x96f6,  0xf96b,  0xf973,  0xf978,  0xf9b2,  0xf9d1,  0xf9d3,  0xf9fd,  0x20001,
    0x20064, 0x200e2, 0x20121, 0x2092a, 0x20983, 0x2098c, 0x2099c, 0x20aea, 0x20afd, 0x20b19, 0x22390,
    0x22998, 0x23b1b, 0x2626d, 0x2f890};

static bool is_numeral_letter(int32_t c)
{
    size_t i = 0, n = sizeof numeral_letters / sizeof *numeral_letters;
    while (n > 0) {
        size_t half = n / 2;
        if (numeral_letters[i + half] < c) {
            i += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    return i < sizeof numeral_letters / sizeof *numeral_letters && numeral_letters[i] == c;
}

static int classify_sign(const language_sign *sign)
{
    switch (sign->kind) {
    case LANGUAGE_PERCENT:
        return BEGINS;
    case LANGUAGE_DEGREE:
        return LEADS;
    case LANGUAGE_APOSTROPHE:
        return SIGN | LEADS;
    default:
        return SIGN;
    }
}

static int classify(const tokenizer *t, int32_t c)
{
    bool caml = t->options.caml;
    const language_sign *sign = language_find_sign(t->options.language, c);
    if (sign)
        return classify_sign(sign);
    switch (utf8_classify(c)) {
    case UTF8_LETTER:
        return BEGINS | CONTINUES | (caml && is_numeral_letter(c) ? NUMERAL : 0);
    case UTF8_NUMBER:
        return BEGINS | CONTINUES | NUMERAL;
    case UTF8_MARK:
        return caml ? 0 : CONTINUES;
    case UTF8_JOINER:
        return caml ? 0 : JOINS;
    default:
        return 0;
    }
}

/* The flags of the character at p. *n: its bytes. */
static inline int look(const tokenizer *t, const unsigned char *p, size_t *n)
{
    const unsigned char *behind = p;
    int32_t c = utf8_get(&behind);
    *n = (size_t)(behind - p);
    return c < BASIC ? t->flags[c] : classify(t, c);
}

/* The flags of the character at the cursor. Moves the cursor past it. */
static int next(const tokenizer *t, cursor *c)
{
    size_t n;
    int flags = look(t, c->p, &n);
    c->p += n;
    c->at++;
    return flags;
}

/* ---- pieces ---- */

/* Letters, numbers and marks, with only joiners between them. */
typedef struct piece {
    cursor from, to;
    int all, any; /* flags that all of its characters have, flags that any has */
} piece;

/* Whether the piece continues after the joiner that was just read. If so, *c is moved to its next
 * character. Numbers are not joined: a soft hyphen in place of the hyphen between two years would make one
 * number of two. */
static bool goes_on(const pass *s, cursor *c)
{
    cursor lookahead = *c;
    while (lookahead.p < s->end) {
        *c = lookahead;
        int flags = next(s->t, &lookahead);
        if ((flags & JOINS) == 0)
            return (flags & CONTINUES) && !(flags & NUMERAL);
    }
    return false;
}

/* Reads the piece at *c and moves *c to its end. The piece is empty if none begins there. */
static piece read_run(const pass *s, cursor *c, const unsigned char *end)
{
    piece w = {.from = *c, .to = *c, .all = ~0};
    int flags = 0, wanted = BEGINS;
    while (c->p < end) {
        bool joinable = flags != 0 && (flags & NUMERAL) == 0;
        flags = next(s->t, c);
        if ((flags & wanted) == 0 && !((flags & JOINS) && joinable && goes_on(s, c)))
            break;
        w.to = *c;
        w.all &= flags;
        w.any |= flags;
        wanted = CONTINUES;
        if ((w.any & CONTINUES) == 0)
            break; /* a sign that is a word of its own */
    }
    *c = w.to;
    return w;
}

#define UNIT 16 /* maximum bytes of a unit */

/* Where the number at p ends if a unit follows in the same piece (250mg, or 2x of 2x3). Returns the end of
 * the text if none follows. unit: the unit itself begins at p. */
static const unsigned char *find_cut(const pass *s, const unsigned char *p, bool unit)
{
    const tokenizer *t = s->t;
    const unsigned char *cut = p, *behind;
    size_t n = 0;
    int flags = 0;
    while (!unit && cut < s->end && (look(t, cut, &n) & NUMERAL))
        cut += n;
    if (cut == p && !unit)
        return s->end;
    for (behind = cut; behind < s->end && behind - cut <= UNIT; behind += n)
        if (((flags = look(t, behind, &n)) & CONTINUES) == 0 || (flags & NUMERAL))
            break;
    cursor lookahead = {.p = behind + n};
    bool longer = behind < s->end && (flags & JOINS) && goes_on(s, &lookahead);
    if (behind == cut || longer || !language_is_unit(t->options.language, cut, behind, s->out->scratch))
        return s->end;
    return unit ? behind : cut;
}

static piece read_piece(const pass *s, cursor *c)
{
    if (s->t->options.language == LANGUAGE_ANY || c->p == s->end)
        return read_run(s, c, s->end);
    return read_run(s, c, find_cut(s, c->p, s->number && s->behind == c->p));
}

/* ---- the form of a word ---- */

#define CAPITAL_SIGMA 0x3a3
#define SMALL_SIGMA   0x3c3
#define FINAL_SIGMA   0x3c2

/* Whether the next character at p that is not case-ignorable is cased. */
static bool cased_follows(const unsigned char *p, const unsigned char *end)
{
    while (p < end) {
        int32_t c = utf8_get(&p);
        if (!utf8_case_ignorable(c))
            return utf8_cased(c);
    }
    return false;
}

static int add_character(buf *out, int32_t c)
{
    char s[4];
    return buf_add(out, s, utf8_put(c, s));
}

/* Python's str.lower(): simple lower case with two exceptions. A capital sigma becomes the final form if a
 * cased letter precedes it and none follows. İ becomes two characters. */
static int add_lower(buf *out, const unsigned char *p, const unsigned char *end)
{
    bool cased_before = false;
    while (p < end) {
        int32_t c = utf8_get(&p), lower = utf8_lower(c);
        if (c == CAPITAL_SIGMA)
            lower = cased_before && !cased_follows(p, end) ? FINAL_SIGMA : SMALL_SIGMA;
        if (add_character(out, lower) < 0)
            return -1;
        if (c == 0x130 && add_character(out, 0x307) < 0)
            return -1;
        if (!utf8_case_ignorable(c))
            cased_before = utf8_cased(c);
    }
    return 0;
}

/* Writes characters that have a form in the table, or that do not change, to o. o must have room for three
 * bytes for each byte of the text, and LOW_ROOM more. Returns the end of the written bytes. */
static unsigned char *write_plain(const tokenizer *t, unsigned char *o, const unsigned char *p,
                                  const unsigned char *end)
{
    while (p < end) {
        const unsigned char *start = p;
        int32_t c = utf8_get(&p);
        if (c < LOW) {
            memcpy(o, t->table[c].form, LOW_ROOM);
            o += t->table[c].n;
        } else {
            memcpy(o, start, 3);
            o += 3;
        }
    }
    return o;
}

static int add_plain(const tokenizer *t, buf *out, const unsigned char *p, const unsigned char *end)
{
    if (buf_reserve(out, LOW_ROOM / 2 * (size_t)(end - p) + LOW_ROOM) < 0)
        return -1;
    out->len = (size_t)(write_plain(t, out->data + out->len, p, end) - out->data);
    return 0;
}

/* out := the piece without its joiners. */
static int remove_joiners(const tokenizer *t, buf *out, const piece *w)
{
    out->len = 0;
    for (cursor c = w->from; c.p < w->to.p;) {
        const unsigned char *start = c.p;
        if ((next(t, &c) & JOINS) == 0 && buf_add(out, start, (size_t)(c.p - start)) < 0)
            return -1;
    }
    return 0;
}

/* Appends the form of a piece to the words. Forms of pieces can be concatenated: none begins with a mark,
 * so nothing is composed across their border. */
static int add_form(const tokenizer *t, const piece *w, tokens *out)
{
    const unsigned char *s = w->from.p, *end = w->to.p;
    if (w->all & PLAIN)
        return add_plain(t, &out->bytes, s, end);
    if (t->options.caml)
        return add_lower(&out->bytes, s, end);
    if (w->any & JOINS) {
        buf *whole = &out->scratch[2];
        if (remove_joiners(t, whole, w) < 0)
            return -1;
        s = whole->data;
        end = s + whole->len;
    }
    return utf8_form(&out->bytes, (const char *)s, (size_t)(end - s), t->form, out->scratch);
}

/* ---- the table ---- */

/* Sets the form of one character if it is the same in every word. Marks are left to utf8_form(), because
 * they compose with the character before them. No other character below LOW does. */
static int fill_row(tokenizer *t, int32_t c, tokens *scratch)
{
    low *l = &t->table[c];
    if ((t->flags[c] & BEGINS) == 0 || (t->options.caml && c == CAPITAL_SIGMA))
        return 0;
    unsigned char s[4];
    const unsigned char *end = s + utf8_put(c, (char *)s);
    piece w = {.from = {.p = s}, .to = {.p = end}};
    scratch->bytes.len = 0;
    if (add_form(t, &w, scratch) < 0)
        return -1;
    if (scratch->bytes.len <= LOW_ROOM) {
        t->flags[c] |= PLAIN;
        l->n = (uint8_t)scratch->bytes.len;
        memcpy(l->form, scratch->bytes.data, l->n);
    }
    return 0;
}

/* Whether a character is its own form in every word. No character with a final sigma is tested here. */
static bool is_itself(const tokenizer *t, int32_t c)
{
    return t->options.caml ? utf8_lower(c) == c : utf8_inert(c);
}

static int fill_tables(tokenizer *t)
{
    tokens scratch = {0};
    int result = 0;
    for (int32_t c = 0; c < BASIC; c++)
        t->flags[c] = (uint8_t)classify(t, c);
    for (int32_t c = LOW; c < BASIC; c++)
        if ((t->flags[c] & BEGINS) && is_itself(t, c))
            t->flags[c] |= PLAIN;
    for (int32_t c = 0; c < LOW && result == 0; c++)
        result = fill_row(t, c, &scratch);
    t->small = t->options.keep_case ? 0 : EACH(0x80);
    tokens_free(&scratch);
    return result;
}

tokenizer *tokenizer_new(const tokenize_options *options)
{
    tokenizer *t = mem_array(1, sizeof *t);
    if (!t)
        return NULL;
    t->options = *options;
    t->form = (options->keep_case ? 0 : UTF8_FOLD) | (options->strip_accents ? UTF8_STRIP : 0) |
              language_form(options->language);
    if (fill_tables(t) < 0) {
        tokenizer_free(t);
        return NULL;
    }
    return t;
}

void tokenizer_free(tokenizer *t)
{
    mem_free(t);
}

/* Packs name i of "any|fr|nl". */
static void pack_choice(pack *p, const char *key, const char *names, int i)
{
    for (; i > 0; i--)
        names = strchr(names, '|') + 1;
    pack_key(p, key);
    pack_str_n(p, names, strcspn(names, "|"));
}

void tokenizer_settings(const tokenizer *t, pack *p)
{
    const tokenize_options *o = &t->options;
    pack_choice(p, "normalize", "nfc|none", o->caml);
    pack_choice(p, "case", TOKENIZE_CASES "|lower", o->caml ? 2 : o->keep_case);
    pack_choice(p, "numbers", TOKENIZE_NUMBERS, (int)o->numbers);
    pack_key(p, "compat");
    if (o->caml)
        pack_str(p, "caml");
    else
        pack_nil(p);
    if (o->strip_accents)
        pack_choice(p, "accents", TOKENIZE_ACCENTS, 1);
    if (o->language != LANGUAGE_ANY)
        pack_choice(p, "language", LANGUAGES, (int)o->language);
}

/* The index in "a|b|c" of the string under key. 0: no such key. -1: the string is not one of them. */
static int number_of(const json_t *settings, const char *key, const char *choices)
{
    const char *value = json_string_value(json_object_get(settings, key));
    int i = 0;
    for (const char *c = choices; value && *c; i++) {
        const size_t n = strcspn(c, "|");
        if (strlen(value) == n && memcmp(value, c, n) == 0)
            return i;
        c += n + (c[n] == '|');
    }
    return value ? -1 : 0;
}

tokenizer *tokenizer_from_settings(const json_t *settings)
{
    const struct {
        const char *key, *choices;
    } keys[] = {{"compat", "none|caml"},
                {"numbers", TOKENIZE_NUMBERS},
                {"language", LANGUAGES},
                {"case", TOKENIZE_CASES "|lower"}, /* lower: that of CAML */
                {"accents", TOKENIZE_ACCENTS}};
    int v[5];
    for (int i = 0; i < 5; i++)
        if ((v[i] = number_of(settings, keys[i].key, keys[i].choices)) < 0) {
            err_set("tokenizer: %s: unknown value; a newer ecan may know it", keys[i].key);
            return NULL;
        }
    return tokenizer_new(&(tokenize_options){.caml = v[0] == 1,
                                             .numbers = (tokenize_numbers)v[1],
                                             .language = (language)v[2],
                                             .keep_case = v[3] == 1,
                                             .strip_accents = v[4] == 1});
}

/* ---- tokens ---- */

void tokens_clear(tokens *w)
{
    w->T = 0;
    w->bytes.len = 0;
}

void tokens_free(tokens *w)
{
    buf_free(&w->bytes);
    for (int i = 0; i < 3; i++)
        buf_free(&w->scratch[i]);
    mem_free(w->ends);
    mem_free(w->spans);
    *w = (tokens){0};
}

const char *tokens_word(const tokens *w, size_t i, size_t *n)
{
    size_t start = i > 0 ? w->ends[i - 1] : 0;
    *n = w->ends[i] - start;
    return (const char *)w->bytes.data + start;
}

static bool is_one_to_ten(cursor from, cursor to)
{
    const unsigned char *s = from.p;
    ptrdiff_t n = to.p - s;
    return (n == 1 && *s >= '1' && *s <= '9') || (n == 2 && s[0] == '1' && s[1] == '0');
}

/* Makes room for one more word with that many bytes. If memory grows, it also grows for the words that the
 * rest of the text may have. */
static inline int reserve(const pass *s, size_t bytes)
{
    tokens *out = s->out;
    if (out->T < out->n_ends && out->T < out->n_spans && bytes <= out->bytes.cap - out->bytes.len)
        return 0;
    size_t words = out->T + 1 + (size_t)(s->end - s->c.p) / 64;
    return mem_grow(&out->ends, &out->n_ends, words, sizeof *out->ends) < 0 ||
                   mem_grow(&out->spans, &out->n_spans, words, sizeof *out->spans) < 0
               ? -1
               : buf_reserve(&out->bytes, bytes);
}

/* Ends the word from .. to, whose bytes are in out up to len (reserve() made the room). The rule for
 * numbers may drop or replace it. all: the flags that all its characters have. */
static inline void finish_word(const pass *s, cursor from, cursor to, int all, size_t len)
{
    tokens *out = s->out;
    if (all & NUMERAL) {
        tokenize_numbers rule = s->t->options.numbers;
        if (rule == TOKENIZE_DROP || (rule == TOKENIZE_TEN && !is_one_to_ten(from, to)))
            return;
        if (rule == TOKENIZE_MASK) {
            memcpy(out->bytes.data + out->bytes.len, NUMBER, strlen(NUMBER));
            len = out->bytes.len + strlen(NUMBER);
        }
    }
    out->bytes.len = len;
    out->ends[out->T] = len;
    out->spans[out->T][0] = s->document;
    out->spans[out->T][1] = from.at;
    out->spans[out->T][2] = to.at;
    out->T++;
}

/* ---- any word, piece by piece ---- */

/* The word that is being read. */
typedef struct word {
    cursor from, to;
    piece last;                  /* its last piece */
    const language_rule *before; /* rule that joined that piece; NULL: it is the first */
    int all;
} word;

static language_piece as_piece(const piece *w)
{
    bool none = w->from.p == w->to.p;
    return (language_piece){.s = w->from.p,
                            .end = w->to.p,
                            .letters = none || ((w->any & CONTINUES) && !(w->any & NUMERAL)),
                            .number = none || (w->all & NUMERAL)};
}

/* Reads the sign at *c and moves past the character. NULL: it is no sign. */
static const language_sign *read_sign(const pass *s, cursor *c)
{
    if (c->p == s->end)
        return NULL;
    c->at++;
    return language_find_sign(s->t->options.language, utf8_get(&c->p));
}

/* The rule for a sign before *right, which ends at c. */
static const language_rule *find_rule(const pass *s, const piece *left, const language_rule *before,
                                      const language_sign *sign, const piece *right, cursor c)
{
    language_piece l;
    language_place place = {.before = before, .sign = sign, .right = as_piece(right)};
    if (left) {
        l = as_piece(left);
        place.left = &l;
    }
    if (right->from.p == right->to.p) {
        place.closes = c.p < s->end && *c.p != '\0' && strchr(",.;:!?)]}'/", *c.p);
    } else if ((place.after = read_sign(s, &c)) != NULL) {
        const piece next_piece = read_piece(s, &c);
        place.next = as_piece(&next_piece);
    }
    return language_find_rule(s->t->options.language, &place, s->out->scratch);
}

static int add_sign(const pass *s, word *w, const language_sign *sign, cursor to)
{
    w->to = to;
    return buf_add(&s->out->bytes, sign->form, strlen(sign->form));
}

static int add_piece(const pass *s, word *w, const piece *p, const language_rule *rule)
{
    w->to = p->to;
    w->last = *p;
    w->before = rule;
    w->all &= p->all;
    return add_form(s->t, p, s->out);
}

/* Reads the sign at s->c. Returns 1 if it belongs to the piece after it, 0 if it is skipped, or -1. */
static int read_leading_sign(pass *s, word *w, const language_rule **rule)
{
    cursor c = s->c;
    const piece none = {.from = c, .to = c};
    const language_sign *sign = read_sign(s, &c);
    cursor behind = c;
    piece right = read_piece(s, &behind);
    *rule = find_rule(s, s->behind == s->c.p ? &none : NULL, NULL, sign, &right, behind);
    s->c = c;
    if (!*rule || language_act_of(*rule) != LANGUAGE_RIGHT)
        return 0;
    return add_sign(s, w, sign, c) < 0 ? -1 : 1;
}

/* Adds the next piece if a rule joins it to the word. Returns 1; 0 if the word ends here; or -1. */
static int read_joined(pass *s, word *w)
{
    cursor c = w->to;
    const language_sign *sign = w->last.any & CONTINUES ? read_sign(s, &c) : NULL; /* not after % */
    if (!sign)
        return 0;
    const cursor behind = c;
    piece right = read_piece(s, &c);
    const language_rule *rule = find_rule(s, &w->last, w->before, sign, &right, c);
    const language_act act = rule ? language_act_of(rule) : LANGUAGE_CUT;
    if (act == LANGUAGE_PASS)
        s->c = c;
    if ((act == LANGUAGE_JOIN || act == LANGUAGE_LEFT) && add_sign(s, w, sign, behind) < 0)
        return -1;
    if (act != LANGUAGE_JOIN && act != LANGUAGE_MERGE)
        return 0;
    return add_piece(s, w, &right, rule) < 0 ? -1 : 1;
}

static int read_pieces(pass *s, word *w)
{
    size_t n;
    const language_rule *rule = NULL;
    if (look(s->t, s->c.p, &n) & LEADS) {
        int leads = read_leading_sign(s, w, &rule);
        if (leads <= 0)
            return leads;
    }
    piece first = read_piece(s, &s->c);
    int more = add_piece(s, w, &first, rule) < 0 ? -1 : 1;
    while (more > 0)
        more = read_joined(s, w);
    if (s->c.p < w->to.p)
        s->c = w->to;
    s->behind = w->last.to.p;
    s->number = w->last.all & NUMERAL;
    return more < 0 ? -1 : 1;
}

/* Reads the word at s->c and moves past it, or skips a sign that does not begin one. */
static int read_word(pass *s)
{
    buf *bytes = &s->out->bytes;
    const size_t start = bytes->len;
    word w = {.from = s->c, .all = ~0};
    if (reserve(s, sizeof NUMBER) < 0)
        return -1;
    int found = read_pieces(s, &w);
    size_t len = bytes->len;
    bytes->len = start;
    if (found > 0)
        finish_word(s, w.from, w.to, w.all, len);
    return found < 0 ? -1 : 0;
}

/* ---- plain words ---- */

#define MOST 128 /* maximum bytes of a plain word; its last character may end after them */
#define ROOM                                                                                                 \
    (3 * (MOST + 3) +                                                                                        \
     8) /* bytes of its form; read_ascii() and write_plain() may write 8 bytes where fewer count */

/* Whether a rule may join something at p, the end of a piece. All rules need another piece after the sign,
 * except the French apostrophe. */
static bool may_join(const pass *s, const unsigned char *p)
{
    size_t n;
    int flags = look(s->t, p, &n);
    return (flags & SIGN) && ((flags & LEADS) || (p + n < s->end && (look(s->t, p + n, &n) & BEGINS)));
}

/* Sets the top bit of each of eight bytes for which from <= byte <= to. All bytes are below 0x80. */
static inline uint64_t within(uint64_t bytes, int from, int to)
{
    return (bytes + EACH(0x80 - from)) & ~(bytes + EACH(0x7f - to)) & TOPS;
}

/* Reads the ASCII characters of a word at p, eight at a time, while eight remain, and writes them to o, in
 * lower case if t folds. Returns the first other character. */
static inline const unsigned char *read_ascii(const tokenizer *t, const unsigned char *p,
                                              const unsigned char *end, unsigned char **o, int *all, int *any)
{
    size_t n = 8;
    while (n == 8 && end - p >= 8) {
        uint64_t bytes;
        memcpy(&bytes, p, 8);
        bytes = le64toh(bytes);
        const uint64_t seven = bytes & ~TOPS, ascii = ~bytes & TOPS;
        const uint64_t letters = within(seven | EACH(0x20), 'a', 'z') & ascii,
                       numerals = within(seven, '0', '9') & ascii;
        const uint64_t words = letters | numerals | (within(seven, '_', '_') & ascii), others = words ^ TOPS;
        n = others ? (size_t)__builtin_ctzll(others) / 8 : 8;
        const uint64_t taken = n < 8 ? ((uint64_t)1 << 8 * n) - 1 : ~(uint64_t)0;
        *any |= numerals & taken ? NUMERAL : 0;
        *all &= (words ^ numerals) & taken ? ~NUMERAL : ~0;
        bytes = htole64(bytes | (letters & t->small) >> 2);
        memcpy(*o, &bytes, 8);
        *o += n;
        p += n;
    }
    return p;
}

/* Reads words up to the first that is not plain. Returns 1 with s->c at that word, 0 at the end of the
 * text, or -1. */
static int read_plain_words(pass *s)
{
    const tokenizer *t = s->t;
    const bool rules = t->options.language != LANGUAGE_ANY;
    const unsigned char *p = s->c.p, *const end = s->end;
    const unsigned char *zero = p - s->c.at; /* p - zero is the number of code points before p */
    int result = 0;
    while (p < end) {
        size_t n;
        int flags = look(t, p, &n), all = ~0, any = 0;
        if ((flags & (BEGINS | LEADS)) == 0) {
            p += n;
            zero += n - 1;
            continue;
        }
        s->c = (cursor){.p = p, .at = (int32_t)(p - zero)};
        result = reserve(s, ROOM) < 0 ? -1 : 1;
        if (result < 0 || (flags & LEADS))
            return result;
        const unsigned char *q = p, *const stop = end - p > MOST ? p + MOST : end, *z = zero;
        unsigned char *o = s->out->bytes.data + s->out->bytes.len;
        for (;;) {
            q = read_ascii(t, q, stop, &o, &all, &any);
            if (q >= stop)
                break;
            flags = look(t, q, &n);
            if ((flags & CONTINUES) == 0)
                break;
            if ((flags & PLAIN) == 0)
                return 1;
            o = write_plain(t, o, q, q + n);
            all &= flags;
            any |= flags;
            q += n;
            z += n - 1;
        }
        if (q == p || (flags & JOINS) || (q >= stop && stop < end))
            return 1;
        if (rules && (((any & NUMERAL) && !(all & NUMERAL)) || (q < end && may_join(s, q))))
            return 1;
        finish_word(s, s->c, (cursor){.p = q, .at = (int32_t)(q - z)}, all, (size_t)(o - s->out->bytes.data));
        s->behind = p = q;
        zero = z;
    }
    return 0;
}

int tokenize_valid(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out)
{
    if (n > INT32_MAX)
        return err_set("text of 2 GiB or more: split it into several notes");
    const unsigned char *p = (const unsigned char *)text;
    pass s = {.t = t, .end = p + n, .c = {.p = p}, .document = document, .out = out};
    int more;
    while ((more = read_plain_words(&s)) > 0)
        if (read_word(&s) < 0)
            return -1;
    return more;
}

int tokenize(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out)
{
    size_t bad;
    if (n <= INT32_MAX && !utf8_check((const unsigned char *)text, n, &bad))
        return err_set("not UTF-8 at byte %zu", bad);
    return tokenize_valid(t, text, n, document, out);
}
