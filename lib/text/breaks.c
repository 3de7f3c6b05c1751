/* SPDX-License-Identifier: Apache-2.0 */
#include "text/breaks.h"

#include "base/little_endian.h"
#include "text/utf8.h"

#include <stdbool.h>

enum { WRAPPED = 60, SHORT_WORD = 3, HEADING_WORDS = 3 };

typedef struct reader {
    const unsigned char *p, *end;
    int32_t at;         /* code points before p */
    int32_t line_start; /* of the line that p is in */
} reader;

/* What was read since the last word. */
typedef struct gap {
    int strength;
    bool colon, bullet;
    int lines;           /* line ends */
    int32_t line_length; /* of the line before the first of them */
    int32_t last;        /* the last character that is no white space; 0: none */
    bool point;          /* it is a point, and white space follows */
} gap;

static bool is_space(int32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x202f || c == 0x2028 || c == 0x2029;
}

static bool is_line_end(int32_t c, const reader *r)
{
    return c == '\n' || c == 0x2028 || c == 0x2029 || (c == '\r' && (r->p == r->end || *r->p != '\n'));
}

static bool is_dash(int32_t c)
{
    return c == '-' || c == 0x2013 || c == 0x2014;
}

static bool is_bullet(int32_t c)
{
    return is_dash(c) || c == '*' || c == '+' || c == '>' || c == 0x2022 || c == 0xb7 || c == 0x25e6;
}

static int32_t get(reader *r)
{
    r->at++;
    return utf8_get(&r->p);
}

static int32_t peek(const reader *r)
{
    const unsigned char *p = r->p;
    return r->p < r->end ? utf8_get(&p) : '\n';
}

static void strengthen(gap *g, int strength)
{
    if (g->strength < strength)
        g->strength = strength;
}

static void read_line_end(gap *g, reader *r)
{
    if (g->lines++ == 0)
        g->line_length = r->at - 1 - r->line_start;
    else if (g->lines == 2 && !g->last)
        strengthen(g, BREAK_PARAGRAPH);
    r->line_start = r->at;
    g->last = 0;
}

/* One character between two words. before: the character before it. */
static void read_character(gap *g, int32_t c, int32_t before, reader *r)
{
    const bool space_follows = is_space(peek(r));
    if (is_line_end(c, r)) {
        read_line_end(g, r);
        return;
    }
    if (is_space(c))
        return;
    if (g->lines && !g->last && (is_bullet(c) || utf8_classify(c) == UTF8_NUMBER))
        g->bullet = true;
    if (c == '!' || c == '?' || c == ';')
        strengthen(g, BREAK_SENTENCE);
    else if (c == ',' || (is_dash(c) && is_space(before) && space_follows))
        strengthen(g, BREAK_COMMA);
    else if (c == ':' && space_follows)
        g->colon = true;
    else if (c == '.' && space_follows)
        g->point = true;
    g->last = c;
}

static gap read_gap(reader *r, int32_t to)
{
    gap g = {0};
    int32_t before = 'a';
    while (r->p < r->end && r->at < to) {
        const int32_t c = get(r);
        read_character(&g, c, before, r);
        before = c;
    }
    return g;
}

static bool is_small(int32_t c)
{
    return utf8_cased(c) && utf8_lower(c) == c;
}

/* word: characters of the word before; next: the first character of the word after. */
static unsigned char judge(gap *g, int64_t word, int32_t next)
{
    const bool small = (g->point || g->lines) && is_small(next);
    if (g->point && !(small && word <= SHORT_WORD))
        strengthen(g, BREAK_SENTENCE);
    if (g->lines &&
        (g->bullet || g->colon || g->strength >= BREAK_SENTENCE || !small || g->line_length < WRAPPED))
        strengthen(g, BREAK_LINE);
    return (unsigned char)(g->strength | (g->colon ? BREAK_COLON : 0));
}

/* Whether there is only one blank up to character `to`: the usual gap. */
static bool is_one_blank(const reader *r, int32_t to)
{
    return r->at + 1 == to && r->p < r->end && *r->p == ' ';
}

/* Moves to character `to`. Short words of ASCII are one step. */
static void skip_word(reader *r, int32_t to)
{
    const int64_t n = (int64_t)to - r->at;
    if (n > 0 && n <= 8 && r->end - r->p >= 8 &&
        (load_le64(r->p) << (64 - 8 * n) & 0x8080808080808080u) == 0) {
        r->p += n;
        r->at = to;
    }
    while (r->p < r->end && r->at < to)
        get(r);
}

void breaks_of_note(unsigned char *b, const int32_t (*spans)[3], size_t n, const char *text, size_t bytes)
{
    reader r = {(const unsigned char *)text, (const unsigned char *)text + bytes, 0, 0};
    size_t sentence = 0; /* its first word */
    bool bullet = false; /* before it */
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && is_one_blank(&r, spans[i][1])) {
            b[i] = BREAK_NONE;
            get(&r);
            skip_word(&r, spans[i][2]);
            continue;
        }
        gap g = read_gap(&r, spans[i][1]);
        b[i] = judge(&g, i ? (int64_t)spans[i - 1][2] - spans[i - 1][1] : 0, peek(&r));
        if (i == 0)
            b[i] = BREAK_NOTE;
        if ((b[i] & BREAK_COLON) && i - sentence <= HEADING_WORDS && !bullet)
            b[sentence] |= BREAK_HEADING;
        if (i == 0 || break_strength(b[i]) >= BREAK_SENTENCE) {
            sentence = i;
            bullet = g.bullet;
        }
        skip_word(&r, spans[i][2]);
    }
}
