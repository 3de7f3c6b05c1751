/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/idset.h"
#include "corpus/readers.h"
#include "io/show.h"

#include <stdlib.h>
#include <string.h>

/* The tables of each version. Columns of notes: subject, admission, note, category, type, date, text. Of
 * codes: admission, code, version. Of titles: code, version, title. */
static const struct tables {
    const char *notes, *diagnoses, *procedures, *diagnosis_titles, *procedure_titles;
    const char *note_columns, *code_columns, *title_columns;
} tables_of[] = {{"NOTEEVENTS", "DIAGNOSES_ICD", "PROCEDURES_ICD", "D_ICD_DIAGNOSES", "D_ICD_PROCEDURES",
                  "SUBJECT_ID HADM_ID ROW_ID CATEGORY DESCRIPTION CHARTDATE TEXT",
                  "HADM_ID ICD9_CODE ICD_VERSION?", "ICD9_CODE ICD_VERSION? LONG_TITLE"},
                 {"discharge", "diagnoses_icd", "procedures_icd", "d_icd_diagnoses", "d_icd_procedures",
                  "subject_id hadm_id note_id category? note_type? charttime? text",
                  "hadm_id icd_code icd_version", "icd_code icd_version long_title"}};

enum { SUBJECT, ADMISSION, NOTE, CATEGORY, TYPE, DATE, TEXT };
enum { CODE_ADMISSION, CODE, CODE_VERSION };
enum { TITLE_CODE, TITLE_VERSION, TITLE };

typedef struct mimic_reader {
    collection *c;
    const table_folders *in;
    const splits *splits;
    const mimic_options *how;
    const struct tables *tables;
    buf json;
    idset seen; /* MIMIC-IV: hashes of admission and text of the notes */
} mimic_reader;

/* ---- notes ---- */

/* Appends `"key": value` for a field that is not empty. */
static int add_member(buf *json, const table *t, int column, const char *key)
{
    size_t n;
    const char *s = column == TEXT ? table_text(t, column, &n) : table_field(t, column, &n);
    if (n == 0 && column != TEXT)
        return 0;
    if (show_text(json, json->len > 1 ? ", \"" : "\"") || show_text(json, key) || show_text(json, "\": "))
        return -1;
    return show_string(json, s, n);
}

static int make_note(buf *json, const table *t)
{
    json->len = 0;
    return show_text(json, "{") || add_member(json, t, NOTE, "id") || add_member(json, t, TYPE, "type") ||
                   add_member(json, t, DATE, "date") || add_member(json, t, TEXT, "text") ||
                   show_text(json, "}")
               ? -1
               : 0;
}

static bool is_summary(const table *t)
{
    static const char summary[] = "Discharge summary";
    size_t n;
    const char *category = table_field(t, CATEGORY, &n);
    return n == sizeof summary - 1 && memcmp(category, summary, n) == 0;
}

/* 1: the admission has no note with this text yet. 0: it has one. -1: out of memory. */
static int is_new(mimic_reader *r, const table *t, const char *id, size_t n)
{
    size_t size;
    const char *text = table_text(t, TEXT, &size);
    r->json.len = 0;
    if (buf_add(&r->json, id, n) || buf_add(&r->json, "", 1) || buf_add(&r->json, text, size))
        return -1;
    return idset_add(&r->seen, (const char *)r->json.data, r->json.len);
}

static int read_note(mimic_reader *r, const table *t)
{
    size_t n, size;
    const char *id = table_field(t, ADMISSION, &n);
    if (n == 0 || (r->how->version == 3 && !is_summary(t)))
        return 0;
    if (r->how->version == 4) {
        table_text(t, TEXT, &size);
        const int fresh = size ? is_new(r, t, id, n) : 0;
        if (fresh <= 0)
            return fresh;
    }
    int64_t subject, admission;
    if (table_number(t, SUBJECT, &subject) || table_number(t, ADMISSION, &admission))
        return -1;
    const int32_t e = collection_add(r->c, id, n, splits_find(r->splits, id, n));
    if (e < 0)
        return table_error(t);
    collection_order(r->c, e, subject, admission);
    if (make_note(&r->json, t) || collection_text(r->c, e, 0, (const char *)r->json.data, r->json.len))
        return table_error(t);
    return 0;
}

static int each_row(mimic_reader *r, const char *name, const char *columns,
                    int (*on_row)(mimic_reader *, const table *))
{
    table t;
    if (table_open(&t, r->in, name, columns))
        return -1;
    int got, result = 0;
    while (!result && (got = table_next(&t)) != 0)
        result = got < 0 ? -1 : on_row(r, &t);
    table_close(&t);
    return result;
}

/* ---- codes ---- */

/* Writes the code with its point to with[]. Returns its length; 0: the code is too long. */
static size_t put_point(char with[64], const char *code, size_t n, bool procedure, const mimic_options *how)
{
    size_t at = procedure ? 2 : 3, size = 0;
    char plain[60];
    for (size_t i = 0; i < n && size < sizeof plain; i++)
        if (code[i] != '.')
            plain[size++] = code[i];
    if (size == sizeof plain)
        return 0;
    if (!procedure && how->icd == 9 && size > 0 && plain[0] == 'E')
        at = 4;
    const bool pointed =
        !(procedure && how->icd == 10) && (size > at || (procedure && how->caml_point && size == at));
    const size_t head = pointed ? at : size;
    memcpy(with, plain, head);
    if (!pointed)
        return head;
    with[head] = '.';
    memcpy(with + head + 1, plain + head, size - head);
    return size + 1;
}

static bool is_version(const mimic_reader *r, const table *t, int column)
{
    size_t n;
    const char *version = table_field(t, column, &n);
    const char *wanted = r->how->icd == 9 ? "9" : "10";
    return r->how->version == 3 || (n == strlen(wanted) && memcmp(version, wanted, n) == 0);
}

static int read_code(mimic_reader *r, const table *t, bool procedure)
{
    size_t n;
    char with[64];
    const char *id = table_field(t, CODE_ADMISSION, &n);
    const int32_t e = n ? collection_find(r->c, id, n) : -1;
    const char *code = table_field(t, CODE, &n);
    if (e < 0 || n == 0 || !is_version(r, t, CODE_VERSION))
        return 0;
    const size_t size = put_point(with, code, n, procedure, r->how);
    if (size == 0)
        err_set("a code of %zu characters", n);
    return size == 0 || collection_label(r->c, e, with, size) ? table_error(t) : 0;
}

static int read_diagnosis(mimic_reader *r, const table *t)
{
    return read_code(r, t, false);
}

static int read_procedure(mimic_reader *r, const table *t)
{
    return read_code(r, t, true);
}

static int read_title(mimic_reader *r, const table *t, bool procedure)
{
    size_t n, size;
    char with[64];
    const char *code = table_field(t, TITLE_CODE, &n);
    if (n == 0 || !is_version(r, t, TITLE_VERSION))
        return 0;
    const char *title = table_field(t, TITLE, &size);
    return collection_describe(r->c, with, put_point(with, code, n, procedure, r->how), title, size);
}

static int read_diagnosis_title(mimic_reader *r, const table *t)
{
    return read_title(r, t, false);
}

static int read_procedure_title(mimic_reader *r, const table *t)
{
    return read_title(r, t, true);
}

int read_mimic(collection *c, const table_folders *in, const splits *s, const mimic_options *how)
{
    mimic_reader r = {.c = c, .in = in, .splits = s, .how = how, .tables = &tables_of[how->version == 4]};
    const struct tables *t = r.tables;
    const int result = each_row(&r, t->notes, t->note_columns, read_note) ||
                               each_row(&r, t->diagnoses, t->code_columns, read_diagnosis) ||
                               each_row(&r, t->procedures, t->code_columns, read_procedure) ||
                               each_row(&r, t->diagnosis_titles, t->title_columns, read_diagnosis_title) ||
                               each_row(&r, t->procedure_titles, t->title_columns, read_procedure_title)
                           ? -1
                           : 0;
    buf_free(&r.json);
    idset_free(&r.seen);
    return result;
}
