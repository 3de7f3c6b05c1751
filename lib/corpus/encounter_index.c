/* SPDX-License-Identifier: Apache-2.0 */
#include "corpus/encounter_index.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/tempfile.h"
#include "text/lines.h"

#include <errno.h>
#include <string.h>

#define LINE_MAX_BYTES ((size_t)1 << 30)

int encounter_index_init(encounter_index *x, const char *patient_key, const char *date_key, bool keep_lines)
{
    *x = (encounter_index){.patient_key = patient_key, .date_key = date_key};
    x->ids = map_new();
    x->patients = map_new();
    x->texts = map_new();
    x->codes = map_new();
    if (!x->ids || !x->patients || !x->texts || !x->codes)
        return -1;
    if (keep_lines && !(x->lines = tempfile_open()))
        return -1;
    return 0;
}

void encounter_index_free(encounter_index *x)
{
    map_free(x->ids);
    map_free(x->patients);
    map_free(x->texts);
    map_free(x->codes);
    mem_free(x->encounters);
    mem_free(x->codes_of);
    buf_free(&x->dates);
    buf_free(&x->text);
    jsonpull_free(&x->json);
    if (x->lines)
        fclose(x->lines);
    *x = (encounter_index){0};
}

const char *encounter_index_date(const encounter_index *x, const indexed_encounter *e)
{
    return e->date == SIZE_MAX ? NULL : (const char *)x->dates.data + e->date;
}

/* ---- a line ---- */

static bool is_key(const jsonpull_value *v, const char *key)
{
    return strcmp(v->key, key) == 0;
}

static bool is_name(const jsonpull_value *v)
{
    return (v->type == JSONPULL_STRING && v->n > 0) || v->type == JSONPULL_INTEGER;
}

static int expected(const char *key, const char *type, const jsonpull_value *v)
{
    return err_set("key %.100s: expected %s, found %s", key, type, jsonpull_name(v->type));
}

/* Keeps the date if it is later than that of the encounter. */
static int read_date(encounter_index *x, indexed_encounter *e, const jsonpull_value *v)
{
    const char *old = encounter_index_date(x, e);
    if (v->type != JSONPULL_STRING || v->n == 0 || (old && strcmp(old, v->s) >= 0))
        return 0;
    e->date = x->dates.len;
    return buf_add(&x->dates, v->s, v->n + 1);
}

static int read_text(encounter_index *x, const jsonpull_value *v)
{
    return v->type == JSONPULL_STRING ? buf_add(&x->text, v->s, v->n + 1) : expected("text", "a string", v);
}

static int read_note(encounter_index *x, indexed_encounter *e)
{
    jsonpull_value v;
    int more;
    while ((more = jsonpull_member(&x->json, &v)) > 0) {
        if (is_key(&v, "text")) {
            if (read_text(x, &v))
                return -1;
        } else if (is_key(&v, x->date_key) && read_date(x, e, &v)) {
            return -1;
        }
        if (jsonpull_skip(&x->json, &v))
            return -1;
    }
    return more;
}

static int read_notes(encounter_index *x, indexed_encounter *e, const jsonpull_value *v)
{
    jsonpull_value note;
    int more;
    if (v->type != JSONPULL_ARRAY)
        return expected("documents", "an array", v);
    while ((more = jsonpull_item(&x->json, &note)) > 0)
        if (note.type != JSONPULL_OBJECT)
            return expected("documents", "an array of objects", &note);
        else if (read_note(x, e))
            return -1;
    return more;
}

static int add_code(encounter_index *x, indexed_encounter *e, const jsonpull_value *v)
{
    if (v->type != JSONPULL_STRING)
        return expected("labels", "an array of strings", v);
    const int32_t code = map_add(x->codes, v->s, v->n);
    if (code < 0)
        return err_memory("out of memory");
    for (size_t i = e->first_code; i < x->n_codes; i++)
        if (x->codes_of[i] == code)
            return 0;
    if (mem_grow(&x->codes_of, &x->cap_codes, x->n_codes + 1, sizeof *x->codes_of))
        return -1;
    x->codes_of[x->n_codes++] = code;
    return 0;
}

static int read_codes(encounter_index *x, indexed_encounter *e, const jsonpull_value *v)
{
    jsonpull_value code;
    int more = 0;
    if (v->type == JSONPULL_NULL)
        return 0;
    if (v->type != JSONPULL_ARRAY)
        return expected("labels", "an array", v);
    while ((more = jsonpull_item(&x->json, &code)) > 0)
        if (add_code(x, e, &code))
            return -1;
    return more;
}

static int read_name(map *names, int32_t *number, const jsonpull_value *v)
{
    if (!is_name(v))
        return expected(v->key, "a string that is not empty or an integer", v);
    *number = map_add(names, v->s, v->n);
    return *number < 0 ? err_memory("out of memory") : 0;
}

static int read_member(encounter_index *x, indexed_encounter *e, const jsonpull_value *v)
{
    if (is_key(v, "id"))
        return read_name(x->ids, &e->id, v);
    if (is_key(v, x->patient_key) && v->type != JSONPULL_NULL)
        return read_name(x->patients, &e->patient, v);
    if (is_key(v, "labels"))
        return read_codes(x, e, v);
    if (is_key(v, "documents"))
        return read_notes(x, e, v);
    if (is_key(v, "text"))
        return read_text(x, v);
    return jsonpull_skip(&x->json, v);
}

/* The date of the encounter itself counts, whatever the dates of its notes are. */
static int read_members(encounter_index *x, indexed_encounter *e)
{
    jsonpull_value v;
    size_t own_date = SIZE_MAX;
    int more;
    while ((more = jsonpull_member(&x->json, &v)) > 0)
        if (is_key(&v, x->date_key) && v.type == JSONPULL_STRING && v.n > 0) {
            own_date = x->dates.len;
            if (buf_add(&x->dates, v.s, v.n + 1))
                return -1;
        } else if (read_member(x, e, &v)) {
            return -1;
        }
    if (own_date != SIZE_MAX)
        e->date = own_date;
    return more;
}

static int read_encounter(encounter_index *x, indexed_encounter *e, char *line, size_t n)
{
    jsonpull_value v;
    x->text.len = 0;
    e->first_code = x->n_codes;
    if (jsonpull_open(&x->json, line, n) || jsonpull_next(&x->json, &v))
        return -1;
    if (v.type != JSONPULL_OBJECT)
        return err_set("expected an object, found %s", jsonpull_name(v.type));
    if (read_members(x, e) || jsonpull_end(&x->json))
        return -1;
    if (e->id < 0)
        return err_set("key id is missing");
    e->n_codes = x->n_codes - e->first_code;
    if (x->text.len > 1) { /* more than the end of an empty text */
        uint64_t hash[2];
        hash128(hash, x->text.data, x->text.len);
        e->text = map_add(x->texts, (const char *)hash, sizeof hash);
        if (e->text < 0)
            return err_memory("out of memory");
    }
    return 0;
}

/* ---- files ---- */

static int keep_line(encounter_index *x, indexed_encounter *e, const lines *in)
{
    if (!x->lines)
        return 0;
    e->line = x->lines_end;
    e->line_size = in->n;
    if (fwrite(in->text, 1, in->n, x->lines) != in->n)
        return err_io("%s: writing the temporary file failed: %s", tempfile_folder(), strerror(errno));
    x->lines_end += (off_t)in->n;
    return 0;
}

static int read_line(encounter_index *x, const lines *in, int32_t part, bool unique)
{
    indexed_encounter e = {.id = -1, .patient = -1, .text = -1, .part = part, .date = SIZE_MAX};
    const int32_t before = map_size(x->ids);
    if (mem_grow(&x->encounters, &x->cap, x->n + 1, sizeof *x->encounters) || keep_line(x, &e, in) ||
        read_encounter(x, &e, in->text, in->n))
        return -1;
    if (unique && e.id < before)
        return err_set("duplicate id: an earlier encounter has it too");
    x->encounters[x->n++] = e;
    return 0;
}

int encounter_index_read(encounter_index *x, const char *path, int32_t part, bool unique)
{
    lines in;
    int got, result = 0;
    if (lines_open(&in, path, LINE_MAX_BYTES))
        return -1;
    while (!result && (got = lines_next(&in)) != 0)
        if (got < 0 || (in.n > strspn(in.text, " \t\r") && read_line(x, &in, part, unique)))
            result = in.failed ? -1 : lines_error(&in);
    lines_close(&in);
    return result;
}

int encounter_index_write(encounter_index *x, int32_t part, FILE *f)
{
    buf line = {0};
    int result = 0;
    for (size_t i = 0; !result && i < x->n; i++) {
        const indexed_encounter *e = &x->encounters[i];
        if (e->part != part)
            continue;
        line.len = 0;
        result = buf_reserve(&line, e->line_size + 1);
        errno = 0;
        if (!result && (fseeko(x->lines, e->line, SEEK_SET) ||
                        fread(line.data, 1, e->line_size, x->lines) != e->line_size))
            result = err_io("%s: writing or reading the temporary file failed: %s", tempfile_folder(),
                            strerror(errno ? errno : EIO));
        if (!result) {
            line.data[e->line_size] = '\n';
            fwrite(line.data, 1, e->line_size + 1, f); /* an error stays in the state of f */
        }
    }
    buf_free(&line);
    return result;
}
