/* SPDX-License-Identifier: Apache-2.0 */
#include "text/csv.h"

#include "base/err.h"

#include <string.h>
#include <strings.h>

void csv_open(csv *c, lines *in, size_t max)
{
    *c = (csv){.in = in, .max = max, .first = true};
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

/* ---- lines ---- */

/* Like lines_next(), with the position in the message. */
static int next_line(csv *c)
{
    const int got = lines_next(c->in);
    c->at = got > 0 ? 0 : SIZE_MAX; /* an invalid line is skipped */
    return got < 0 && !c->in->failed ? lines_error(c->in) : got;
}

/* Reads up to the start of the next row and skips empty lines. 1; 0: no more rows; or -1. */
static int find_row(csv *c)
{
    const lines *in = c->in;
    int got = 1;
    for (; got > 0; got = next_line(c)) {
        for (; c->at < in->n && in->text[c->at] == '\r'; c->at++)
            c->returns += c->at + 1 < in->n;
        c->line = in->number + c->returns;
        if (c->at < in->n)
            return 1;
    }
    return got;
}

/* ---- the separator ---- */

/* The first of the four that is outside of quotes. */
static char find_separator(const char *s, size_t n)
{
    bool quoted = false;
    for (size_t i = 0; i < n && (quoted || s[i] != '\r'); i++) {
        quoted ^= s[i] == '"';
        if (!quoted && (s[i] == ',' || s[i] == '\t' || s[i] == ';' || s[i] == '|'))
            return s[i];
    }
    return ',';
}

/* X of a first line sep=X, which Excel writes, with or without quotes; *n: its bytes. 0: there is none. */
static char separator_line(const char *s, size_t size, size_t *n)
{
    const size_t quote = size > 0 && s[0] == '"';
    *n = quote + strlen("sep=") + 1 + quote;
    if (size < *n || strncasecmp(s + quote, "sep=", 4) != 0 || (quote && s[*n - 1] != '"'))
        return 0;
    const char separator = s[quote + 4];
    for (; *n < size && s[*n] != '\r'; ++*n)
        if (s[*n] != separator && s[*n] != ' ' && s[*n] != ',')
            return 0;
    return separator;
}

/* Reads the lines before the header row and finds the separator. 1, 0 or -1. */
static int begin(csv *c)
{
    size_t n;
    int got = find_row(c);
    c->first = false;
    if (got <= 0)
        return got;
    const char separator = separator_line(c->in->text + c->at, c->in->n - c->at, &n);
    if (separator) {
        c->at += n;
        c->separator = c->separator ? c->separator : separator;
        got = c->at < c->in->n ? find_row(c) : next_line(c);
        got = got > 0 ? find_row(c) : got;
    }
    if (got > 0 && !c->separator)
        c->separator = find_separator(c->in->text + c->at, c->in->n - c->at);
    return got;
}

/* ---- one row ---- */

/* A field, before its first character; within it; after its closing quote; after the row. */
enum place { BEFORE, PLAIN, QUOTED, CLOSED, ENDED };

typedef struct row {
    enum place at;
    size_t opened; /* QUOTED and CLOSED: where the field began in the line */
    bool same_line;
} row;

/* Running out of memory ends the reading. */
static int put(csv *c, const char *s, size_t n)
{
    c->in->failed |= buf_add(&c->text, s, n) < 0;
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

/* plain: the field has no quotes, so blanks at its end are removed. */
static int end_field(csv *c, bool plain)
{
    const size_t from = c->start[c->n - 1];
    while (plain && !c->prose && c->text.len > from && strchr(" \t", c->text.data[c->text.len - 1]))
        c->text.len--;
    return put(c, "", 1);
}

static size_t skip_blanks(const csv *c, const char *s, size_t i, size_t n)
{
    while (i < n && (s[i] == ' ' || s[i] == '\t') && s[i] != c->separator)
        i++;
    return i;
}

/* Each of these reads a part of a field at s[i .. n) and returns its end; *bad is set with the message.
 */

static size_t read_before(const csv *c, row *r, const char *s, size_t i, size_t n)
{
    const size_t text = skip_blanks(c, s, i, n);
    if (text < n && s[text] == '"') {
        *r = (row){QUOTED, i, true};
        return text + 1;
    }
    r->at = PLAIN;
    return c->prose ? i : text;
}

/* To the separator, or to the end of the row: CR, or the end of the line. */
static size_t read_plain(csv *c, row *r, const char *s, size_t i, size_t n, bool *bad)
{
    const char *separator = memchr(s + i, c->separator, n - i);
    size_t end = (separator ? separator : s + n) - s;
    const char *cr = memchr(s + i, '\r', end - i);
    if (cr)
        end = cr - s;
    *bad = put(c, s + i, end - i) || end_field(c, true);
    r->at = cr || !separator ? ENDED : BEFORE;
    if (r->at == BEFORE)
        *bad = *bad || begin_field(c);
    c->returns += cr && end + 1 < n;
    return end + (end < n);
}

static size_t read_quoted(csv *c, row *r, const char *s, size_t i, size_t n, bool *bad)
{
    const char *quote = memchr(s + i, '"', n - i);
    const size_t end = (quote ? quote : s + n) - s;
    const bool doubled = quote && end + 1 < n && s[end + 1] == '"';
    *bad = put(c, s + i, end - i + doubled);
    if (quote && !doubled)
        r->at = CLOSED;
    return end + (quote != NULL) + doubled;
}

static size_t read_closed(csv *c, row *r, const char *s, size_t i, size_t n, bool *bad)
{
    i = skip_blanks(c, s, i, n);
    if (i < n && s[i] != c->separator && s[i] != '\r') {
        r->at = PLAIN;
        c->text.len = c->start[c->n - 1];
        *bad = !c->prose || !r->same_line;
        if (*bad) {
            err_set("text between a closing quote and the next separator");
            csv_error(c, (int)c->n - 1);
        }
        return r->opened;
    }
    r->at = i < n && s[i] != '\r' ? BEFORE : ENDED;
    *bad = end_field(c, false) || (r->at == BEFORE && begin_field(c));
    c->returns += i + 1 < n && s[i] == '\r';
    return i + (i < n);
}

/* The characters of the line, from where the row is. */
static int read_line(csv *c, row *r)
{
    const char *s = c->in->text;
    const size_t n = c->in->n;
    size_t i = c->at;
    bool bad = false;
    do
        i = r->at == BEFORE   ? read_before(c, r, s, i, n)
            : r->at == PLAIN  ? read_plain(c, r, s, i, n, &bad)
            : r->at == QUOTED ? read_quoted(c, r, s, i, n, &bad)
                              : read_closed(c, r, s, i, n, &bad);
    while (!bad && r->at != ENDED && (i < n || r->at != QUOTED));
    c->at = bad ? n : i;
    return bad ? -1 : 0;
}

/* Of the line there is, and of those after it as long as a quote is open. */
static int read_row(csv *c)
{
    row r = {BEFORE, 0, false};
    c->n = c->text.len = 0;
    if (begin_field(c))
        return -1;
    for (;;) {
        if (read_line(c, &r))
            return -1;
        if (r.at == ENDED)
            return 0;
        if (c->text.len > c->max)
            err_set("the row is longer than %zu bytes: is a quote not closed?", c->max);
        const int got = c->text.len > c->max || put(c, "\n", 1) ? -2 : next_line(c);
        if (got == -2)
            c->at = SIZE_MAX;
        if (got == 0)
            err_set("a quote is not closed");
        if (got == -1)
            return -1;
        if (got != 1)
            return csv_error(c, (int)c->n - 1);
        r.same_line = false;
    }
}

/* Pointers to the fields, now that the row is whole. */
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
    const int got = c->first ? begin(c) : find_row(c);
    if (got <= 0)
        return got;
    if (read_row(c) || point(c))
        return -1;
    return 1;
}

/* ---- columns ---- */

/* Whether a field of the header row, without the blanks around it, has that name. */
static bool has_name(const csv *c, size_t i, const char *name, size_t n,
                     int (*compare)(const char *, const char *, size_t))
{
    const char *s = c->field[i], *end = s + c->size[i];
    while (s < end && *s == ' ')
        s++;
    while (s < end && end[-1] == ' ')
        end--;
    return (size_t)(end - s) == n && compare(s, name, n) == 0;
}

int csv_find(const csv *c, const char *name, size_t n)
{
    int (*const same[])(const char *, const char *, size_t) = {strncmp, strncasecmp};
    for (int k = 0; k < 2; k++) {
        int found = -1;
        for (size_t i = 0; i < c->n; i++) {
            if (!has_name(c, i, name, n, same[k]))
                continue;
            if (found >= 0) {
                err_set("columns %d and %zu are both called %.*s", found + 1, i + 1, (int)n, name);
                return -2;
            }
            found = (int)i;
        }
        if (found >= 0)
            return found;
    }
    return -1;
}
