/* SPDX-License-Identifier: Apache-2.0 */
/* Tables with one row for each note, or for each code of a note. */
#include "base/err.h"
#include "corpus/convert_spans.h"
#include "text/csv.h"
#include "text/labels.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROW = 1 << 30 }; /* bytes: the maximum that ecan-tokenize reads */

enum column { ID, TEXT, CODES, NOTE, TYPE, DATE, LANGUAGE, PATIENT, COLUMNS };

static const char *const default_name[COLUMNS] = {"id",   "text", "labels",   "note",
                                                  "type", "date", "language", "patient"};

typedef struct rows {
    convert *v;
    csv row;
    size_t n;            /* number of fields of the header row, up to the last that has a name */
    int column[COLUMNS]; /* index of each column; -1: the table has none */
    buf header;          /* the fields of the header row, each with its NUL */
} rows;

static bool is_blank(const csv *row, size_t from)
{
    for (size_t i = from; i < row->n; i++)
        if (convert_trim((convert_slice){row->field[i], row->size[i]}).n > 0)
            return false;
    return true;
}

/* The names of the columns are not quoted: if the file has no header row, they are a row of data. */
static int no_column(const rows *r, const char *name)
{
    return err_set(
        "none of the %zu columns of the header row is called %s: name the columns, as with --id COLUMN",
        r->row.n, name);
}

/* A name that could be that of the column of codes, but is not. */
static void warn_of_codes(const rows *r)
{
    static const char *const others[] = {"code", "codes", "label"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (csv_find(&r->row, others[i], strlen(others[i])) >= 0)
            convert_tell(r->v, "%s: the column %s is not read: if it has the codes, give --code %s",
                         r->row.in->path, others[i], others[i]);
}

/* Columns that the options do not name may be missing, except id and text. */
static int find_columns(rows *r)
{
    const convert_options *o = &r->v->o;
    const char *const named[COLUMNS] = {o->id,   o->text, o->codes,    o->note,
                                        o->type, o->date, o->language, o->patient};
    for (r->n = r->row.n; r->n > 0 && is_blank(&r->row, r->n - 1);)
        r->n--;
    for (int k = 0; k < COLUMNS; k++) {
        const char *name = named[k] ? named[k] : default_name[k];
        r->column[k] = csv_find(&r->row, name, strlen(name));
        const bool needed = named[k] || k == ID || k == TEXT;
        if (r->column[k] == -1 && needed && !(k == CODES && o->other_codes))
            no_column(r, name);
        else if (r->column[k] >= -1)
            continue;
        return csv_error(&r->row, -1);
    }
    if (r->column[CODES] >= 0)
        r->v->labelled = COLLECTION_KNOWN; /* other tables can have no codes */
    else if (!o->other_codes)
        warn_of_codes(r);
    return 0;
}

static convert_slice cell(const rows *r, enum column k)
{
    const int i = r->column[k];
    return i < 0 ? (convert_slice){"", 0} : (convert_slice){r->row.field[i], r->row.size[i]};
}

static int check_code(void *context, const char *code, size_t n)
{
    (void)context;
    return labels_check_code(code, n);
}

typedef struct labelled {
    collection *c;
    int32_t e;
} labelled;

static int add_code(void *context, const char *code, size_t n)
{
    const labelled *to = context;
    return collection_label(to->c, to->e, code, n);
}

/* Adds the note of a row. 0, or -1 with line and column. */
static int add_row(rows *r)
{
    const csv *row = &r->row;
    const convert_slice codes = cell(r, CODES);
    labelled to = {.c = r->v->c};
    /* A spreadsheet can add empty fields at the end of a row. */
    if (row->n < r->n || !is_blank(row, r->n)) {
        err_set("%zu fields, but the header row has %zu", row->n, r->n);
        return csv_error(row, -1);
    }
    if (convert_each_code(r->v, codes, check_code, NULL))
        return csv_error(row, r->column[CODES]);
    const convert_note note = {.id = convert_trim(cell(r, NOTE)),
                               .type = convert_trim(cell(r, TYPE)),
                               .date = convert_trim(cell(r, DATE)),
                               .language = convert_trim(cell(r, LANGUAGE)),
                               .text = cell(r, TEXT)};
    const int added = convert_add_note(r->v, convert_trim(cell(r, ID)), &note, &to.e);
    const convert_slice patient = convert_trim(cell(r, PATIENT));
    if (added >= 0 && r->column[CODES] >= 0)
        collection_codes_known(to.c, to.e);
    if (added < 0 || (patient.n && collection_patient(to.c, to.e, patient.s, patient.n)) ||
        convert_each_code(r->v, codes, add_code, &to))
        return csv_error(row, -1);
    if (added == 0 && r->column[CODES] < 0)
        convert_left_out(r->v, "row", "it repeats a note of its encounter", 1);
    return 0;
}

static int keep_header(rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (buf_add(&r->header, r->row.field[i], r->row.size[i] + 1))
            return -1;
    return 0;
}

/* Files that were appended to each other repeat the header row. */
static bool repeats_header(const rows *r)
{
    const csv *row = &r->row;
    const char *s = (const char *)r->header.data;
    if (row->n < r->n || !is_blank(row, r->n))
        return false;
    for (size_t i = 0; i < r->n; s += row->size[i++] + 1)
        if (strlen(s) != row->size[i] || memcmp(s, row->field[i], row->size[i]) != 0)
            return false;
    return true;
}

static int read_row(rows *r)
{
    if (is_blank(&r->row, 0))
        return 0;
    if (!repeats_header(r))
        return add_row(r);
    convert_left_out(r->v, "row", "it repeats the header row", 1);
    return 0;
}

static int read_rows(rows *r)
{
    int got;
    do
        got = csv_next(&r->row);
    while (got > 0 && is_blank(&r->row, 0));
    if (got <= 0)
        return got < 0 ? -1 : err_set("%s: no header row", r->row.in->path);
    if (find_columns(r) || keep_header(r))
        return -1;
    while ((got = csv_next(&r->row)) != 0) {
        if (got > 0 && read_row(r) == 0)
            continue;
        if (r->row.in->failed || convert_bad(r->v))
            return -1;
    }
    return 0;
}

/* Reads the first line of a table; csv_open() continues after it. */
static int open_table(lines *in, const char *path, const char *encoding)
{
    if (lines_open_encoded(in, path, MAX_ROW, encoding))
        return -1;
    const int got = lines_next(in);
    if (got == 0)
        err_set("%s: the file is empty", in->path);
    else if (got < 0 && !in->failed)
        lines_error(in);
    return got > 0 ? 0 : -1;
}

int convert_csv(convert *v, const char *path)
{
    lines in = {.fd = -1};
    rows r = {.v = v};
    int result = open_table(&in, path, v->o.encoding);
    if (!result) {
        csv_open(&r.row, &in, MAX_ROW);
        r.row.separator = v->o.separator;
        r.row.prose = true;
        result = read_rows(&r);
        buf_free(&r.header);
        csv_close(&r.row);
    }
    lines_close(&in);
    return result;
}

/* ---- a separate table of codes ---- */

typedef struct code_table {
    convert *v;
    csv row;
    int id, codes, document, begin, end; /* index of each column; -1: the table has none */
    offset_unit unit;                    /* of begin and end */
    labelled to;
    idset unknown; /* ids that are not the id of an encounter */
    uint64_t found;
} code_table;

static bool *mark_room(const convert *v)
{
    return mem_array(collection_count(v->c), sizeof(bool));
}

static int find_named(const csv *row, const char *named, const char *const *names)
{
    if (named && csv_find(row, named, strlen(named)) >= 0)
        return csv_find(row, named, strlen(named));
    for (int i = 0; names[i]; i++) {
        const int found = csv_find(row, names[i], strlen(names[i]));
        if (found >= 0)
            return found;
    }
    return -1;
}

/* The places of codes, in the columns that ecan-export --passages writes. */
static void find_span_columns(code_table *t)
{
    static const char *const begins[] = {"begin", "begin_utf16", "begin_bytes"}, *const ends[] = {
                                                                                     "end", "end_utf16",
                                                                                     "end_bytes"};
    t->document = csv_find(&t->row, "document", 8);
    t->begin = t->end = -1;
    for (int i = 0; i < 3 && (t->begin < 0 || t->end < 0); i++) {
        t->unit = (offset_unit)i;
        t->begin = csv_find(&t->row, begins[i], strlen(begins[i]));
        t->end = csv_find(&t->row, ends[i], strlen(ends[i]));
    }
    if (t->begin < 0 || t->end < 0)
        t->document = -1;
}

/* 1: the row has names of columns. 0: it has an id and codes. -1: neither. */
static int find_code_columns(code_table *t)
{
    static const char *const ids[] = {"id", "hadm_id", "encounter", NULL};
    static const char *const codes[] = {"code", "codes", "label", "labels", NULL};
    t->id = find_named(&t->row, t->v->o.id, ids);
    t->codes = find_named(&t->row, t->v->o.codes, codes);
    t->document = -1;
    if (t->id >= 0 && t->codes >= 0) {
        find_span_columns(t);
        return 1;
    }
    t->id = 0;
    t->codes = 1;
    return t->row.separator == '\t' ? 0
                                    : err_set("the line has no tab, and is no header row with id and code");
}

static int get_offset(const code_table *t, int column, size_t *at)
{
    const char *s = t->row.field[column];
    char *end;
    errno = 0;
    const unsigned long long value = strtoull(s, &end, 10);
    if (!isdigit((unsigned char)*s) || *end || errno || value > INT32_MAX)
        return err_set("column %d: expected an offset", column + 1);
    *at = value;
    return 0;
}

/* Adds the place of a code, if the row has one. */
static int add_place(void *context, const char *code, size_t n)
{
    const code_table *t = context;
    const csv *row = &t->row;
    size_t begin, end;
    const int last = t->begin > t->end ? t->begin : t->end;
    if (add_code((void *)&t->to, code, n))
        return -1;
    if (t->document < 0 || (int)row->n <= (t->document > last ? t->document : last) ||
        row->size[t->document] == 0)
        return 0;
    if (get_offset(t, t->begin, &begin) || get_offset(t, t->end, &end))
        return -1;
    return convert_add_span(t->v, t->to.e, (convert_slice){code, n},
                            (convert_slice){row->field[t->document], row->size[t->document]}, begin, end,
                            t->unit);
}

static int add_codes(code_table *t, bool header, bool *has_codes)
{
    const csv *row = &t->row;
    if (!header && row->n != 2 && !(row->n > 2 && is_blank(row, 2)))
        return err_set("%zu columns: expected two, id and code, or a header row with these names", row->n);
    if ((int)row->n <= t->id || (int)row->n <= t->codes)
        return err_set("%zu fields, fewer than the header row has", row->n);
    const convert_slice id = convert_trim((convert_slice){row->field[t->id], row->size[t->id]});
    const convert_slice codes = {row->field[t->codes], row->size[t->codes]};
    if (convert_check_id(id) || convert_each_code(t->v, codes, check_code, NULL))
        return -1;
    t->to.e = collection_find(t->v->c, id.s, id.n);
    if (t->to.e < 0)
        return idset_add(&t->unknown, id.s, id.n) < 0 ? -1 : 0;
    t->found += !has_codes[t->to.e];
    has_codes[t->to.e] = true;
    return convert_each_code(t->v, codes, add_place, t);
}

static int read_codes(code_table *t, bool *has_codes)
{
    int got = csv_next(&t->row);
    const int header = got > 0 ? find_code_columns(t) : 0;
    if (header < 0)
        return csv_error(&t->row, -1);
    for (got = header && got > 0 ? csv_next(&t->row) : got; got != 0; got = csv_next(&t->row)) {
        if (got > 0 && (is_blank(&t->row, 0) || add_codes(t, header, has_codes) == 0))
            continue;
        if (got > 0)
            csv_error(&t->row, -1);
        if (t->row.in->failed || convert_bad(t->v))
            return -1;
    }
    return 0;
}

/* A table that has no id of any encounter is an error. Ids that are missing on one side are reported. */
static int compare_ids(const code_table *t, const char *path)
{
    const uint64_t encounters = (uint64_t)collection_count(t->v->c), missing = encounters - t->found;
    if (t->found == 0)
        return err_set("%s: none of its %zu ids is an encounter: the id of an encounter from a file is its "
                       "name without .txt",
                       path, t->unknown.n);
    if (t->unknown.n)
        convert_tell(t->v, "%s: %zu of its ids %s no encounter", path, t->unknown.n,
                     t->unknown.n == 1 ? "is" : "are");
    if (missing)
        convert_tell(t->v, "%s: %llu encounter%s not in it: no code applies", path,
                     (unsigned long long)missing, missing == 1 ? " is" : "s are");
    return 0;
}

int convert_labels(convert *v, const char *path)
{
    lines in = {.fd = -1};
    code_table t = {.v = v, .to = {.c = v->c}};
    bool *has_codes = mark_room(v);
    int result = has_codes ? open_table(&in, path, v->o.encoding) : -1;
    if (!result) {
        csv_open(&t.row, &in, MAX_ROW);
        result = read_codes(&t, has_codes) || compare_ids(&t, path) ? -1 : 0;
        csv_close(&t.row);
    }
    v->labelled = COLLECTION_LABELLED;
    lines_close(&in);
    idset_free(&t.unknown);
    mem_free(has_codes);
    return result;
}
