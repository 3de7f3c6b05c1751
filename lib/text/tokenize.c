/* One pass that finds words, and a short second one over each word that writes it. Both look characters below
 * U+0800 up in a table, which is most of the text in alphabets; utf8proc sees the rest. */
#include "text/tokenize.h"

#include "base/err.h"
#include "io/utf8check.h"
#include "text/utf8.h"

#include <string.h>

enum {
    BEGINS = 1,    /* a word may begin with it, */
    CONTINUES = 2, /* go on with it, */
    JOINS = 4,     /* or go on behind it, and leave it out */
    NUMERAL = 8,
    PLAIN = 16 /* its form in a word does not depend on its neighbours, and stands in the table */
};

#define LOW      0x800 /* characters of one and two bytes */
#define LOW_ROOM 6 /* bytes of a form: U+0390 folds to three characters of two bytes, before composition */
#define NUMBER   "<num>"

typedef struct low {
    uint8_t flags, n;
    char form[LOW_ROOM]; /* [n]: folded or in lower case */
} low;

struct tokenizer {
    tokenize_options options;
    low table[LOW];
};

/* Where a pass stands: bytes, and code points before them. */
typedef struct cursor {
    const unsigned char *p, *end;
    int32_t at;
} cursor;

typedef struct word {
    cursor from, to;
    int all, any; /* flags that all its characters have, that some have */
} word;

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

static int classify(const tokenizer *t, int32_t c)
{
    switch (utf8_classify(c)) {
    case UTF8_LETTER:
        return BEGINS | CONTINUES | (t->options.caml && is_numeral_letter(c) ? NUMERAL : 0);
    case UTF8_NUMBER:
        return BEGINS | CONTINUES | NUMERAL;
    case UTF8_MARK:
        return t->options.caml ? 0 : CONTINUES;
    case UTF8_JOINER:
        return t->options.caml ? 0 : JOINS;
    default:
        return 0;
    }
}

/* The flags of the character at the cursor, which moves past it. */
static inline int next(const tokenizer *t, cursor *c)
{
    c->at++;
    if (*c->p < 0x80)
        return t->table[*c->p++].flags;
    int32_t character = utf8_get(&c->p);
    return character < LOW ? t->table[character].flags : classify(t, character);
}

/* ---- the form of a word ---- */

#define CAPITAL_SIGMA 0x3a3
#define SMALL_SIGMA   0x3c3
#define FINAL_SIGMA   0x3c2

/* Whether a letter with a case comes at p, past what is to be ignored there. */
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

/* Python's str.lower(): simple lower case but for two characters. A capital sigma that ends a
 * word gets the final form: one behind a letter with a case and before none. İ becomes two characters. */
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

/* A word of characters whose forms stand in the table. */
static int add_plain(const tokenizer *t, buf *out, const unsigned char *p, const unsigned char *end)
{
    if (buf_reserve(out, LOW_ROOM / 2 * (size_t)(end - p) + LOW_ROOM) < 0)
        return -1;
    unsigned char *o = out->data + out->len;
    while (p < end) {
        if (*p < 0x80) {
            *o++ = (unsigned char)t->table[*p++].form[0];
            continue;
        }
        const low *l = &t->table[utf8_get(&p)];
        memcpy(o, l->form, LOW_ROOM);
        o += l->n;
    }
    out->len = (size_t)(o - out->data);
    return 0;
}

/* out := the word without its joiners. */
static int leave_out_joiners(const tokenizer *t, buf *out, const word *w)
{
    out->len = 0;
    for (cursor c = w->from; c.p < w->to.p;) {
        const unsigned char *start = c.p;
        if ((next(t, &c) & JOINS) == 0 && buf_add(out, start, (size_t)(c.p - start)) < 0)
            return -1;
    }
    return 0;
}

static int add_form(const tokenizer *t, const word *w, tokens *out)
{
    const unsigned char *s = w->from.p, *end = w->to.p;
    if (w->all & PLAIN)
        return add_plain(t, &out->bytes, s, end);
    if (t->options.caml)
        return add_lower(&out->bytes, s, end);
    if (w->any & JOINS) {
        buf *whole = &out->scratch[2];
        if (leave_out_joiners(t, whole, w) < 0)
            return -1;
        s = whole->data;
        end = s + whole->len;
    }
    return utf8_fold(&out->bytes, (const char *)s, (size_t)(end - s), out->scratch);
}

/* ---- the table ---- */

/* The form of one character, where it is the same in every word. Marks are left to utf8_fold(), since they
 * compose with what they follow; of the other characters below LOW none does. */
static int fill_row(tokenizer *t, int32_t c, tokens *scratch)
{
    low *l = &t->table[c];
    l->flags = (uint8_t)classify(t, c);
    if ((l->flags & BEGINS) == 0 || (t->options.caml && c == CAPITAL_SIGMA))
        return 0;
    unsigned char s[4];
    const unsigned char *end = s + utf8_put(c, (char *)s);
    word w = {.from = {.p = s}, .to = {.p = end}};
    scratch->bytes.len = 0;
    if (add_form(t, &w, scratch) < 0)
        return -1;
    if (scratch->bytes.len <= LOW_ROOM) {
        l->flags |= PLAIN;
        l->n = (uint8_t)scratch->bytes.len;
        memcpy(l->form, scratch->bytes.data, l->n);
    }
    return 0;
}

tokenizer *tokenizer_new(const tokenize_options *options)
{
    tokenizer *t = mem_array(1, sizeof *t);
    if (!t)
        return NULL;
    t->options = *options;
    tokens scratch = {0};
    int32_t c = 0;
    while (c < LOW && fill_row(t, c, &scratch) == 0)
        c++;
    tokens_free(&scratch);
    if (c < LOW) {
        tokenizer_free(t);
        return NULL;
    }
    return t;
}

void tokenizer_free(tokenizer *t)
{
    mem_free(t);
}

void tokenizer_settings(const tokenizer *t, pack *p)
{
    static const char *const numbers[] = {
        [TOKENIZE_TEN] = "ten", [TOKENIZE_KEEP] = "keep", [TOKENIZE_DROP] = "drop", [TOKENIZE_MASK] = "mask"};
    pack_key(p, "normalize");
    pack_str(p, t->options.caml ? "none" : "nfc");
    pack_key(p, "case");
    pack_str(p, t->options.caml ? "lower" : "fold");
    pack_key(p, "numbers");
    pack_str(p, numbers[t->options.numbers]);
    pack_key(p, "compat");
    if (t->options.caml)
        pack_str(p, "caml");
    else
        pack_nil(p);
}

/* ---- words ---- */

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

static bool is_one_to_ten(const word *w)
{
    const unsigned char *s = w->from.p;
    ptrdiff_t n = w->to.p - s;
    return (n == 1 && *s >= '1' && *s <= '9') || (n == 2 && s[0] == '1' && s[1] == '0');
}

/* Adds the word to out, or leaves it: what the rule for numbers says. */
static int add_word(const tokenizer *t, const word *w, int32_t document, tokens *out)
{
    bool number = w->all & NUMERAL, mask = false;
    if (number) {
        tokenize_numbers rule = t->options.numbers;
        if (rule == TOKENIZE_DROP || (rule == TOKENIZE_TEN && !is_one_to_ten(w)))
            return 0;
        mask = rule == TOKENIZE_MASK;
    }
    if (mem_grow(&out->ends, &out->n_ends, out->T + 1, sizeof *out->ends) < 0 ||
        mem_grow(&out->spans, &out->n_spans, out->T + 1, sizeof *out->spans) < 0)
        return -1;
    if (mask ? buf_add(&out->bytes, NUMBER, strlen(NUMBER)) < 0 : add_form(t, w, out) < 0)
        return -1;
    out->ends[out->T] = out->bytes.len;
    out->spans[out->T][0] = document;
    out->spans[out->T][1] = w->from.at;
    out->spans[out->T][2] = w->to.at;
    out->T++;
    return 0;
}

/* Whether the word goes on behind the joiner that was just read; then *c stands before what goes on. Numbers
 * are not joined: what stands for a hyphen between years would make one number of two. */
static bool goes_on(const tokenizer *t, cursor *c)
{
    cursor ahead = *c;
    while (ahead.p < ahead.end) {
        *c = ahead;
        int flags = next(t, &ahead);
        if ((flags & JOINS) == 0)
            return (flags & CONTINUES) && !(flags & NUMERAL);
    }
    return false;
}

/* The word that begins at *c, which moves to its end. */
static word read_word(const tokenizer *t, cursor *c)
{
    word w = {.from = *c, .all = ~0};
    for (int flags = 0;;) {
        w.to = *c;
        if (c->p == c->end)
            return w;
        bool joinable = (flags & NUMERAL) == 0;
        flags = next(t, c);
        if ((flags & CONTINUES) == 0 && !((flags & JOINS) && joinable && goes_on(t, c))) {
            *c = w.to;
            return w;
        }
        w.all &= flags;
        w.any |= flags;
    }
}

/* Moves to where the next word begins. False: there is none. */
static bool find_word(const tokenizer *t, cursor *c)
{
    while (c->p < c->end) {
        cursor here = *c;
        if (next(t, c) & BEGINS) {
            *c = here;
            return true;
        }
    }
    return false;
}

int tokenize(const tokenizer *t, const char *text, size_t n, int32_t document, tokens *out)
{
    size_t bad;
    if (n > INT32_MAX)
        return err_set("a text of 2 GiB or more");
    if (!utf8_check((const unsigned char *)text, n, &bad))
        return err_set("not UTF-8 at byte %zu", bad);
    cursor c = {.p = (const unsigned char *)text, .end = (const unsigned char *)text + n};
    while (find_word(t, &c)) {
        word w = read_word(t, &c);
        if (add_word(t, &w, document, out) < 0)
            return -1;
    }
    return 0;
}
