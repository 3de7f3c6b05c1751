/* SPDX-License-Identifier: Apache-2.0 */
/* Readers for the layouts of code tables. */
#include "base/err.h"
#include "corpus/code_table.h"
#include "corpus/code_table_claml.h"
#include "io/decode.h"
#include "io/utf8check.h"
#include "text/csv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MAX_LINE = 1 << 20 };

/* ---- columns of fixed width: order files of ICD-10-CM and ICD-10-PCS ---- */

/* Columns from 0: 0-4 number, 6-12 code, 14 whether it is valid for coding, 16-75 short title, 77- title. */
static bool is_order_line(const char *s, size_t n)
{
    for (int i = 0; i < 5; i++)
        if (n < 17 || !isdigit((unsigned char)s[i]))
            return false;
    return s[5] == ' ' && s[13] == ' ' && (s[14] == '0' || s[14] == '1') && s[15] == ' ' && s[6] != ' ';
}

/* Codes of the first section of ICD-10-PCS, which comes first, begin with a digit. Codes of ICD-10-CM
 * never do. */
static int add_order_line(code_table *t, const char *s, size_t n, bool *procedures)
{
    if (!is_order_line(s, n))
        return err_set("expected a number, a code, 0 or 1, and titles in the columns of an order file");
    *procedures |= isdigit((unsigned char)s[6]);
    const size_t title = n > 77 ? 77 : 16;
    return code_table_add(t, s + 6, 7, s + title, n - title, s[14] == '0', *procedures);
}

/* ---- a code, blanks and a title: lists of codes of ICD-10-CM and ICD-10-PCS ---- */

static int add_list_line(code_table *t, const char *s, size_t n, bool *procedures)
{
    size_t code = 0;
    while (code < n && !strchr(" \t", s[code]))
        code++;
    if (code < 2 || code > 8 || code == n)
        return err_set("expected a code, blanks and a title");
    *procedures |= isdigit((unsigned char)s[0]) && code == 7;
    return code_table_add(t, s, code, s + code, n - code, false, *procedures);
}

/* ---- fields separated by bars: LIBCIM10MULTI.TXT of CIM-10 FR ---- */

/* code|type MCO and HAD|type SSR|type PSY|short title|title. Type 3 is a code that is not allowed. */
static bool is_cim_line(const char *s, size_t n)
{
    const char *first = memchr(s, '|', n), *second = first ? memchr(first + 1, '|', s + n - first - 1) : NULL;
    return second && second - first == 2 && isdigit((unsigned char)first[1]) && first - s >= 3;
}

static int add_cim_line(code_table *t, const char *s, size_t n, bool *procedures)
{
    const char *end = s + n, *bar[5], *from = s;
    (void)procedures;
    for (int i = 0; i < 5; i++, from = bar[i - 1] + 1)
        if (!(bar[i] = memchr(from, '|', end - from)))
            return err_set("expected six fields with bars between them");
    const char *title = bar[4] + 1;
    return code_table_add(t, s, bar[0] - s, title, end - title, bar[0][1] == '3', false);
}

/* ---- lines ---- */

typedef int add_line(code_table *t, const char *s, size_t n, bool *procedures);

static int each_line(code_table *t, lines *in, add_line *add)
{
    bool procedures = false;
    size_t bad;
    for (int got = 1; got != 0; got = lines_next(in)) {
        while (got > 0 && in->n > 0 && strchr(" \t\r", in->text[in->n - 1]))
            in->n--;
        if (got > 0 && in->n == 0)
            continue;
        if (got > 0 && !utf8_check((unsigned char *)in->text, in->n, &bad))
            got = err_set("not UTF-8: name the encoding with --encoding (CIM-10 FR: ISO-8859-1)");
        if (got < 0 || add(t, in->text, in->n, &procedures))
            return in->failed ? -1 : lines_error(in);
    }
    return 0;
}

/* ---- tables with a header row ---- */

/* Names of columns: those of the Belgian list of ICD-10-BE, of MIMIC, and common ones. %s at the end of a
 * name is replaced by the language. */
static const char *const code_names[] = {"ICDCODE",   "code",  "icd_code", "icd10_code",
                                         "icd9_code", "icd10", "icd",      NULL};
static const char *const title_names[] = {"ICDTXT%s",    "description_%s", "title_%s", "long_title",
                                          "description", "omschrijving",   "libelle",  "libellé",
                                          "title",       "label",          "text",     NULL};
static const char *const languages[] = {"FR", "NL", "EN", NULL};

static int find_with(const csv *row, const char *pattern, const char *language)
{
    char name[64];
    const size_t n = strcspn(pattern, "%");
    const int size = snprintf(name, sizeof name, "%.*s%s", (int)n, pattern, pattern[n] ? language : "");
    return csv_find(row, name, size);
}

static int find_name(const csv *row, const char *const *names, const char *language)
{
    for (int i = 0; names[i]; i++)
        for (int k = 0; language ? k < 1 : languages[k] != NULL; k++) {
            const int found = find_with(row, names[i], language ? language : languages[k]);
            if (found >= 0)
                return found;
        }
    return -1;
}

static int find_column(const csv *row, const char *named, const char *const *names, const char *language)
{
    return named ? csv_find(row, named, strlen(named)) : find_name(row, names, language);
}

/* Whether the first row is already a code and a title, as in labels.tsv. */
static bool is_row(const csv *row)
{
    bool digit = false;
    for (size_t i = 0; row->n >= 2 && i < row->size[0]; i++)
        digit |= isdigit((unsigned char)row->field[0][i]);
    return digit && row->size[0] >= 3 && row->size[0] <= 10 && !strpbrk(row->field[0], " _");
}

static bool field_is(const csv *row, int i, const char *text)
{
    return i >= 0 && (size_t)i < row->n && strcasecmp(row->field[i], text) == 0;
}

typedef struct columns {
    int code, title, kind, heading;
} columns;

static int add_row(code_table *t, const csv *row, const columns *c)
{
    size_t bad;
    if ((size_t)c->code >= row->n || row->size[c->code] == 0)
        return 0;
    const bool there = (size_t)c->title < row->n;
    const char *title = there ? row->field[c->title] : "";
    const size_t n = there ? row->size[c->title] : 0;
    if (!utf8_check((const unsigned char *)title, n, &bad)) {
        err_set("not UTF-8: name the encoding with --encoding");
        return csv_error(row, c->title);
    }
    const bool heading = field_is(row, c->heading, "*"), procedure = field_is(row, c->kind, "P");
    return code_table_add(t, row->field[c->code], row->size[c->code], title, n, heading, procedure)
               ? csv_error(row, c->code)
               : 0;
}

static int add_rows(code_table *t, csv *row)
{
    int got = csv_next(row);
    if (got <= 0)
        return got < 0 ? -1 : err_set("%s: no header row", row->in->path);
    int code = find_column(row, t->code, code_names, t->language);
    int title = find_column(row, t->description, title_names, t->language);
    const int kind = csv_find(row, "ICDDORO", 7), heading = csv_find(row, "ICDPREC", 7);
    const bool headless = code == -1 && title == -1 && is_row(row);
    if (headless) {
        code = 0;
        title = 1;
    }
    if (code < 0 || title < 0) {
        err_set("unknown format, and no header row with a column of %s: name the column with %s",
                code < 0 ? "codes" : "descriptions", code < 0 ? "--code" : "--text");
        return csv_error(row, -1);
    }
    for (got = headless ? 1 : csv_next(row); got > 0; got = csv_next(row))
        if (add_row(t, row, &(columns){code, title, kind, heading}))
            return -1;
    return got;
}

static int read_rows(code_table *t, lines *in)
{
    csv row;
    csv_open(&row, in, MAX_LINE);
    row.prose = true;
    const int result = add_rows(t, &row);
    csv_close(&row);
    return result;
}

/* ---- detection of the layout ---- */

/* Whether the line is a code such as A00.1 or 0DTJ4ZZ, then blanks. */
static bool is_list_line(const char *s, size_t n)
{
    const size_t code = strcspn(s, " \t,;|");
    bool digit = false;
    for (size_t i = 0; i < code; i++)
        digit |= isdigit((unsigned char)s[i]);
    return digit && code >= 3 && code <= 8 && code < n && s[code] == ' ';
}

static int read_lines(code_table *t, lines *in)
{
    const char *s = in->text;
    const size_t n = in->n;
    if (n >= 2 && memcmp(s, "PK", 2) == 0)
        return err_set("%s: a spreadsheet: save it as CSV first", in->path);
    return is_order_line(s, n)  ? each_line(t, in, add_order_line)
           : is_cim_line(s, n)  ? each_line(t, in, add_cim_line)
           : is_list_line(s, n) ? each_line(t, in, add_list_line)
                                : read_rows(t, in);
}

int code_table_read(code_table *t, const char *path)
{
    lines in;
    if (lines_open_encoded(&in, path, MAX_LINE, t->encoding))
        return -1;
    int got = lines_next(&in);
    while (got > 0 && strspn(in.text, " \t\r") == in.n)
        got = lines_next(&in);
    const bool xml = got > 0 && in.text[strspn(in.text, " \t")] == '<';
    int result = -1;
    if (got == 0)
        err_set("%s: the file is empty", in.path);
    else if (got < 0 && !in.failed)
        lines_error(&in);
    else if (got > 0 && !xml)
        result = read_lines(t, &in);
    lines_close(&in);
    return xml ? code_table_claml(t, path) : result;
}
