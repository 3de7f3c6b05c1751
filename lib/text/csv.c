/* SPDX-License-Identifier: Apache-2.0 */
#include "text/csv.h"

#include "base/err.h"

#include <string.h>

/* The first of the three that stands outside of quotes. */
static char find_separator(const char *s, size_t n)
{
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        quoted ^= s[i] == '"';
        if (!quoted && (s[i] == ',' || s[i] == '\t' || s[i] == ';'))
            return s[i];
    }
    return ',';
}

void csv_open(csv *c, lines *in, size_t max)
{
    *c = (csv){.in = in, .max = max, .separator = find_separator(in->text, in->n), .first = true};
}

void csv_close(csv *c)
{
    mem_free((void *)c->field);
    mem_free(c->size);
    mem_free(c->start);
    buf_free(&c->text);
    *c = (csv){0};
}

int csv_error(const csv *c, int field)
{
    if (field >= 0)
        err_prefix("column %d: ", field + 1);
    return err_prefix("%s: line %llu: ", c->in->path, (unsigned long long)c->line);
}

/* ---- one row ---- */

enum place {
    BEFORE,
    PLAIN,
    QUOTED,
    BEHIND
}; /* a field, its first character, within it, after its closing quote */

/* Without memory reading is at its end. */
static int put(csv *c, char ch)
{
    c->in->failed |= buf_add(&c->text, &ch, 1) < 0;
    return c->in->failed ? -1 : 0;
}

static int begin_field(csv *c)
{
    c->in->failed |= mem_grow(&c->start, &c->start_cap, c->n + 1, sizeof *c->start) < 0;
    if (c->in->failed)
        return -1;
    c->start[c->n++] = c->text.len;
    return 0;
}

/* plain: blanks at its end are none of it. */
static int end_field(csv *c, bool plain)
{
    const size_t from = c->start[c->n - 1];
    while (plain && c->text.len > from && strchr(" \t", c->text.data[c->text.len - 1]))
        c->text.len--;
    return put(c, '\0');
}

static bool is_blank(const csv *c, char ch)
{
    return (ch == ' ' || ch == '\t') && ch != c->separator;
}

/* The line's characters, from where the row stands. */
static int take_line(csv *c, enum place *at, const char *s, size_t n)
{
    int bad = 0;
    for (size_t i = 0; !bad && i < n; i++) {
        const char ch = s[i];
        if (*at == QUOTED) {
            if (ch != '"')
                bad = put(c, ch);
            else if (i + 1 < n && s[i + 1] == '"')
                bad = put(c, s[++i]);
            else
                *at = BEHIND;
        } else if (ch == c->separator) {
            bad = end_field(c, *at == PLAIN) || begin_field(c);
            *at = BEFORE;
        } else if (*at == BEFORE && ch == '"') {
            *at = QUOTED;
        } else if (*at == PLAIN || !is_blank(c, ch)) {
            if (*at == BEHIND) {
                err_set("something stands between a closing quote and the next separator");
                return csv_error(c, (int)c->n - 1);
            }
            *at = PLAIN;
            bad = put(c, ch);
        }
    }
    return bad;
}

/* lines_next() whose message says where. */
static int next_line(csv *c)
{
    const int got = lines_next(c->in);
    return got < 0 && !c->in->failed ? lines_error(c->in) : got;
}

static bool is_empty(const lines *l)
{
    return strspn(l->text, "\r") == l->n;
}

/* Of the line there is, and of those behind it as long as a quote is open. */
static int take_row(csv *c)
{
    enum place at = BEFORE;
    lines *in = c->in;
    c->n = c->text.len = 0;
    if (begin_field(c))
        return -1;
    for (;;) {
        const bool cr =
            in->n > 0 && in->text[in->n - 1] == '\r'; /* of the line's end, unless within quotes */
        if (take_line(c, &at, in->text, in->n - cr))
            return -1;
        if (at != QUOTED)
            return end_field(c, at == PLAIN);
        if (c->text.len > c->max)
            err_set("a row of more than %zu bytes, or a quote that is not closed", c->max);
        const int got = c->text.len > c->max || (cr && put(c, '\r')) || put(c, '\n') ? -2 : next_line(c);
        if (got == 0)
            err_set("a quote that is not closed");
        if (got == -1)
            return -1;
        if (got != 1)
            return csv_error(c, (int)c->n - 1);
    }
}

/* Pointers to the fields, which stand where they are now that the row is whole. */
static int point(csv *c)
{
    c->in->failed |= mem_grow(&c->field, &c->n_cap, c->start_cap, sizeof *c->field) < 0 ||
                     mem_grow(&c->size, &c->size_cap, c->start_cap, sizeof *c->size) < 0;
    if (c->in->failed)
        return -1;
    for (size_t i = 0; i < c->n; i++) {
        c->field[i] = (const char *)c->text.data + c->start[i];
        c->size[i] = (i + 1 < c->n ? c->start[i + 1] : c->text.len) - c->start[i] - 1;
    }
    return 0;
}

int csv_next(csv *c)
{
    int got = c->first ? 1 : next_line(c);
    while (got > 0 && is_empty(c->in))
        got = next_line(c);
    c->first = false;
    c->line = c->in->number;
    return got <= 0 ? got : take_row(c) || point(c) ? -1 : 1;
}
