/* SPDX-License-Identifier: Apache-2.0 */
/* Words of any characters, read piece by piece. The language decides whether a sign joins two pieces. */
#include "text/tokenize_private.h"

#include <string.h>

/* ---- pieces ---- */

/* Whether the piece continues after the joiner that was just read. If so, *c is moved to its next
 * character. Numbers are not joined: a soft hyphen in place of the hyphen between two years would make one
 * number of two. */
static bool goes_on(const tokenize_pass *s, text_cursor *c)
{
    text_cursor lookahead = *c;
    while (lookahead.p < s->end) {
        *c = lookahead;
        int flags = text_next(s->t, &lookahead);
        if ((flags & CHAR_JOINS) == 0)
            return (flags & CHAR_CONTINUES) && !(flags & CHAR_NUMERAL);
    }
    return false;
}

/* Extends a piece of one sign by those after it that equal it: +++ is one word. */
static void add_equal_signs(text_piece *w, const unsigned char *end)
{
    const size_t n = (size_t)(w->to.p - w->from.p);
    while ((size_t)(end - w->to.p) >= n && memcmp(w->from.p, w->to.p, n) == 0) {
        w->to.p += n;
        w->to.at++;
    }
}

/* Reads the piece at *c and moves *c to its end. The piece is empty if none begins there. */
static text_piece read_run(const tokenize_pass *s, text_cursor *c, const unsigned char *end)
{
    text_piece w = {.from = *c, .to = *c, .all = ~0};
    int flags = 0, wanted = CHAR_BEGINS;
    while (c->p < end) {
        bool joinable = flags != 0 && (flags & CHAR_NUMERAL) == 0;
        flags = text_next(s->t, c);
        if ((flags & wanted) == 0 && !((flags & CHAR_JOINS) && joinable && goes_on(s, c)))
            break;
        w.to = *c;
        w.all &= flags;
        w.any |= flags;
        wanted = CHAR_CONTINUES;
        if ((w.any & CHAR_CONTINUES) == 0) {
            if (s->t->options.keep_signs)
                add_equal_signs(&w, end);
            break; /* a sign that is a word of its own */
        }
    }
    *c = w.to;
    return w;
}

#define UNIT 16 /* maximum bytes of a unit */

/* Where the number at p ends if a unit follows in the same piece (250mg, or 2x of 2x3). Returns the end of
 * the text if none follows. unit: the unit itself begins at p. */
static const unsigned char *find_cut(const tokenize_pass *s, const unsigned char *p, bool unit)
{
    const tokenizer *t = s->t;
    const unsigned char *cut = p, *behind;
    size_t n = 0;
    int flags = 0;
    while (!unit && cut < s->end && (text_flags(t, cut, &n) & CHAR_NUMERAL))
        cut += n;
    if (cut == p && !unit)
        return s->end;
    for (behind = cut; behind < s->end && behind - cut <= UNIT; behind += n)
        if (((flags = text_flags(t, behind, &n)) & CHAR_CONTINUES) == 0 || (flags & CHAR_NUMERAL))
            break;
    text_cursor lookahead = {.p = behind + n};
    bool longer = behind < s->end && (flags & CHAR_JOINS) && goes_on(s, &lookahead);
    if (behind == cut || longer || !language_is_unit(t->options.language, cut, behind, s->out->scratch))
        return s->end;
    return unit ? behind : cut;
}

static text_piece read_piece(const tokenize_pass *s, text_cursor *c)
{
    if (!language_has_rules(s->t->options.language) || c->p == s->end)
        return read_run(s, c, s->end);
    return read_run(s, c, find_cut(s, c->p, s->number && s->behind == c->p));
}

/* ---- any word, piece by piece ---- */

/* The word that is being read. */
typedef struct word {
    text_cursor from, to;
    text_piece last;             /* its last piece */
    const language_rule *before; /* rule that joined that piece; NULL: it is the first */
    int all;
} word;

static language_piece as_piece(const text_piece *w)
{
    bool none = w->from.p == w->to.p;
    return (language_piece){.s = w->from.p,
                            .end = w->to.p,
                            .letters = none || ((w->any & CHAR_CONTINUES) && !(w->any & CHAR_NUMERAL)),
                            .number = none || (w->all & CHAR_NUMERAL)};
}

/* Reads the sign at *c and moves past the character. NULL: it is no sign. */
static const language_sign *read_sign(const tokenize_pass *s, text_cursor *c)
{
    if (c->p == s->end)
        return NULL;
    c->at++;
    return language_find_sign(s->t->options.language, utf8_get(&c->p));
}

/* The rule for a sign before *right, which ends at c. */
static const language_rule *find_rule(const tokenize_pass *s, const text_piece *left,
                                      const language_rule *before, const language_sign *sign,
                                      const text_piece *right, text_cursor c)
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
        const text_piece next_piece = read_piece(s, &c);
        place.next = as_piece(&next_piece);
    }
    return language_find_rule(s->t->options.language, &place, s->out->scratch);
}

static int add_sign(const tokenize_pass *s, word *w, const language_sign *sign, text_cursor to)
{
    w->to = to;
    return buf_add(&s->out->bytes, sign->form, strlen(sign->form));
}

static int add_piece(const tokenize_pass *s, word *w, const text_piece *p, const language_rule *rule)
{
    w->to = p->to;
    w->last = *p;
    w->before = rule;
    w->all &= p->all;
    return tokenizer_add_form(s->t, p, s->out);
}

/* Reads the sign at s->c. Returns 1 if it belongs to the piece after it, 0 if it is skipped, or -1. */
static int read_leading_sign(tokenize_pass *s, word *w, const language_rule **rule)
{
    text_cursor c = s->c;
    const text_piece none = {.from = c, .to = c};
    const language_sign *sign = read_sign(s, &c);
    text_cursor behind = c;
    text_piece right = read_piece(s, &behind);
    *rule = find_rule(s, s->behind == s->c.p ? &none : NULL, NULL, sign, &right, behind);
    s->c = c;
    if (!*rule || language_act_of(*rule) != LANGUAGE_RIGHT)
        return 0;
    return add_sign(s, w, sign, c) < 0 ? -1 : 1;
}

/* Adds the next piece if a rule joins it to the word. Returns 1; 0 if the word ends here; or -1. */
static int read_joined(tokenize_pass *s, word *w)
{
    text_cursor c = w->to;
    const language_sign *sign = w->last.any & CHAR_CONTINUES ? read_sign(s, &c) : NULL; /* not after % */
    if (!sign)
        return 0;
    const text_cursor behind = c;
    text_piece right = read_piece(s, &c);
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

/* Whether the character before s->c, and the one at p, allow a minus between them to be a result: blanks,
 * brackets and the ends of a text surround it, and it is not the first sign of its line, as in a list. */
static bool is_result(const tokenize_pass *s, const unsigned char *p)
{
    const unsigned char *before = s->c.p;
    if (before == s->begin || !before[-1] || !strchr(" \t(=:", before[-1]) ||
        (p < s->end && (!*p || !strchr(" \t\r\n),.;/", *p))))
        return false;
    while (before > s->begin && (before[-1] == ' ' || before[-1] == '\t'))
        before--;
    return before > s->begin && before[-1] != '\n' && before[-1] != '\r';
}

/* Reads a minus that is a result, and moves past it. Returns 1, 0 if there is none, or -1. */
static int read_minus(tokenize_pass *s, word *w)
{
    const unsigned char *p = s->c.p;
    if (!s->t->options.keep_signs || !tokenize_is_minus(utf8_get(&p)) || !is_result(s, p))
        return 0;
    w->to = s->c = (text_cursor){.p = p, .at = s->c.at + 1};
    w->all = 0;
    s->behind = p;
    s->number = false;
    return buf_add(&s->out->bytes, "-", 1) < 0 ? -1 : 1;
}

static int read_pieces(tokenize_pass *s, word *w)
{
    size_t n;
    const language_rule *rule = NULL;
    if (text_flags(s->t, s->c.p, &n) & CHAR_LEADS) {
        const int minus = read_minus(s, w);
        if (minus != 0)
            return minus;
        int leads = read_leading_sign(s, w, &rule);
        if (leads <= 0)
            return leads;
    }
    text_piece first = read_piece(s, &s->c);
    int more = add_piece(s, w, &first, rule) < 0 ? -1 : 1;
    while (more > 0)
        more = read_joined(s, w);
    if (s->c.p < w->to.p)
        s->c = w->to;
    s->behind = w->last.to.p;
    s->number = w->last.all & CHAR_NUMERAL;
    return more < 0 ? -1 : 1;
}

int tokenize_word(tokenize_pass *s)
{
    buf *bytes = &s->out->bytes;
    const size_t start = bytes->len;
    word w = {.from = s->c, .all = ~0};
    if (tokenize_reserve(s, sizeof TOKENIZE_NUMBER) < 0)
        return -1;
    int found = read_pieces(s, &w);
    size_t len = bytes->len;
    bytes->len = start;
    if (found > 0)
        tokenize_finish(s, w.from, w.to, w.all, len);
    return found < 0 ? -1 : 0;
}
