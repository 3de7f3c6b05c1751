/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "corpus/readers.h"
#include "io/file.h"
#include "io/jsonpull.h"
#include "io/show.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 8 }; /* of folders */

/* A note that is in the JSON files, but whose text is in NOTEEVENTS. */
typedef struct wanted_note {
    int32_t encounter, order;
    bool found;
} wanted_note;

typedef struct mdace_reader {
    collection *c;
    const splits *splits;
    map *ids; /* ids of notes */
    wanted_note *notes;
    size_t cap, missing;
    jsonpull pull;
    buf json, text;
} mdace_reader;

/* ---- one file ---- */

/* A string or an integer as text, borrowed from the file. */
static int get_id(const jsonpull_value *v, const char **s, size_t *n)
{
    if (v->type != JSONPULL_STRING && v->type != JSONPULL_INTEGER)
        return err_set("%.*s: expected a number or a string, got %s", (int)v->key_n, v->key,
                       jsonpull_name(v->type));
    *s = v->s;
    *n = v->n;
    return *n > 0 ? 0 : err_set("%.*s is empty", (int)v->key_n, v->key);
}

static bool is_key(const jsonpull_value *v, const char *key)
{
    return v->key_n == strlen(key) && memcmp(v->key, key, v->key_n) == 0;
}

typedef struct slice {
    const char *s;
    size_t n;
} slice;

static int get_string(const jsonpull_value *v, slice *to)
{
    if (v->type != JSONPULL_STRING)
        return err_set("%.*s: expected a string, got %s", (int)v->key_n, v->key, jsonpull_name(v->type));
    *to = (slice){v->s, v->n};
    return 0;
}

static int read_annotation(mdace_reader *r, int32_t e)
{
    jsonpull_value v;
    slice code = {0}, description = {0};
    int got;
    while ((got = jsonpull_member(&r->pull, &v)) > 0) {
        if (is_key(&v, "code")                                       ? get_string(&v, &code)
            : is_key(&v, "description") && v.type == JSONPULL_STRING ? get_string(&v, &description)
                                                                     : jsonpull_skip(&r->pull, &v))
            return -1;
    }
    if (got < 0 || (code.n == 0 && err_set("an annotation without code")))
        return -1;
    if (collection_label(r->c, e, code.s, code.n))
        return -1;
    return description.n ? collection_describe(r->c, code.s, code.n, description.s, description.n) : 0;
}

/* Reads each element of an array of objects. */
static int each_object(mdace_reader *r, const jsonpull_value *array, int (*read)(mdace_reader *, int32_t),
                       int32_t e)
{
    jsonpull_value v;
    int got;
    if (array->type != JSONPULL_ARRAY)
        return err_set("%.*s: expected an array, got %s", (int)array->key_n, array->key,
                       jsonpull_name(array->type));
    while ((got = jsonpull_item(&r->pull, &v)) > 0)
        if (v.type != JSONPULL_OBJECT ? err_set("expected an object, got %s", jsonpull_name(v.type))
                                      : read(r, e))
            return -1;
    return got;
}

static int add_member(buf *json, const char *key, slice s)
{
    return show_text(json, json->len > 1 ? ", \"" : "\"") || show_text(json, key) ||
                   show_text(json, "\": ") || show_string(json, s.s, s.n)
               ? -1
               : 0;
}

static int make_note(mdace_reader *r, slice id, slice type, slice text)
{
    r->json.len = 0;
    if (show_text(&r->json, "{") || add_member(&r->json, "id", id) ||
        (type.n && add_member(&r->json, "type", type)) || add_member(&r->json, "text", text))
        return -1;
    return show_text(&r->json, "}");
}

static int want_note(mdace_reader *r, int32_t e, int32_t order, slice id)
{
    if (map_find(r->ids, id.s, id.n) >= 0)
        return err_set("duplicate note_id");
    const int32_t i = map_add(r->ids, id.s, id.n);
    if (i < 0 || mem_grow(&r->notes, &r->cap, i + 1, sizeof *r->notes))
        return -1;
    r->notes[i] = (wanted_note){.encounter = e, .order = order};
    r->missing++;
    return 0;
}

static int read_note(mdace_reader *r, int32_t e)
{
    jsonpull_value v;
    slice id = {0}, category = {0}, text = {0};
    int got;
    const int32_t order = map_size(r->ids);
    while ((got = jsonpull_member(&r->pull, &v)) > 0) {
        if (is_key(&v, "note_id")       ? get_id(&v, &id.s, &id.n)
            : is_key(&v, "category")    ? get_string(&v, &category)
            : is_key(&v, "text")        ? get_string(&v, &text)
            : is_key(&v, "annotations") ? each_object(r, &v, read_annotation, e)
                                        : jsonpull_skip(&r->pull, &v))
            return -1;
    }
    if (got < 0 || (id.n == 0 && err_set("a note without note_id")))
        return -1;
    if (!text.s)
        return want_note(r, e, order, id);
    return make_note(r, id, category, text) ||
                   collection_text(r->c, e, order, (const char *)r->json.data, r->json.len)
               ? -1
               : 0;
}

/* hadm_id must come before the notes, as in MDACE's files. */
static int read_admission(mdace_reader *r)
{
    jsonpull_value v;
    int got;
    int32_t e = -1;
    if (jsonpull_next(&r->pull, &v))
        return -1;
    if (v.type != JSONPULL_OBJECT)
        return err_set("expected an object, got %s", jsonpull_name(v.type));
    while ((got = jsonpull_member(&r->pull, &v)) > 0) {
        slice id = {0};
        int result = 0;
        if (is_key(&v, "hadm_id")) {
            result = get_id(&v, &id.s, &id.n);
            if (!result && collection_find(r->c, id.s, id.n) >= 0)
                result = err_set("duplicate hadm_id: another file has it too");
            if (!result && (e = collection_add(r->c, id.s, id.n, splits_find(r->splits, id.s, id.n))) < 0)
                result = -1;
        } else if (is_key(&v, "notes")) {
            result = e < 0 ? err_set("no hadm_id before notes") : each_object(r, &v, read_note, e);
        } else {
            result = jsonpull_skip(&r->pull, &v);
        }
        if (result)
            return -1;
    }
    if (got == 0 && e < 0)
        return err_set("no hadm_id");
    return got < 0 ? -1 : jsonpull_end(&r->pull);
}

static int read_json(mdace_reader *r, const char *path)
{
    file_map f;
    if (file_map_open(&f, path))
        return -1;
    r->text.len = 0;
    int result = buf_add(&r->text, f.data, f.size) || buf_add(&r->text, "", 1) ? -1 : 0;
    file_map_close(&f);
    if (!result)
        result = jsonpull_open(&r->pull, (char *)r->text.data, r->text.len - 1) || read_admission(r) ? -1 : 0;
    return result ? err_prefix("%s: ", path) : 0;
}

/* ---- the files of a folder ---- */

static bool ends_in(const char *name, const char *end)
{
    const size_t n = strlen(name), size = strlen(end);
    return n > size && strcmp(name + n - size, end) == 0;
}

static int read_folder(mdace_reader *r, const char *folder, int depth, int *files);

static int read_entry(mdace_reader *r, const char *path, int depth, int *files)
{
    struct stat st;
    if (stat(path, &st))
        return err_io("%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return depth < MAX_DEPTH ? read_folder(r, path, depth + 1, files) : 0;
    if (!ends_in(path, ".json"))
        return 0;
    ++*files;
    return read_json(r, path);
}

/* Reads the entries in order of their names. */
static int read_folder(mdace_reader *r, const char *folder, int depth, int *files)
{
    struct dirent **entries;
    const int n = scandir(folder, &entries, NULL, alphasort);
    int result = n < 0 ? err_io("%s: %s", folder, strerror(errno)) : 0;
    for (int i = 0; i < n; i++) {
        if (!result && entries[i]->d_name[0] != '.') {
            char *path = file_join(folder, entries[i]->d_name);
            result = path ? read_entry(r, path, depth, files) : -1;
            free(path);
        }
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return result;
}

/* ---- the texts ---- */

enum { ROW, CATEGORY, TEXT };

static int add_text_of_row(mdace_reader *r, const table *t)
{
    slice id, category, text;
    id.s = table_field(t, ROW, &id.n);
    const int32_t i = map_find(r->ids, id.s, id.n);
    if (i < 0 || r->notes[i].found)
        return 0;
    category.s = table_field(t, CATEGORY, &category.n);
    text.s = table_text(t, TEXT, &text.n);
    r->notes[i].found = true;
    r->missing--;
    if (make_note(r, id, category, text) || collection_text(r->c, r->notes[i].encounter, r->notes[i].order,
                                                            (const char *)r->json.data, r->json.len))
        return table_error(t);
    return 0;
}

static int read_texts(mdace_reader *r, const table_folders *in)
{
    table t;
    if (r->missing == 0)
        return 0;
    if (table_open(&t, in, "NOTEEVENTS", "ROW_ID CATEGORY TEXT"))
        return err_prefix("%zu notes of MDACE have no text: ", r->missing);
    int got = 1, result = 0;
    while (!result && r->missing > 0 && (got = table_next(&t)) != 0)
        result = got < 0 ? -1 : add_text_of_row(r, &t);
    if (!result && r->missing)
        result = err_set("%s: no rows for %zu notes of MDACE", t.path, r->missing);
    table_close(&t);
    return result;
}

int read_mdace(collection *c, const table_folders *in, const splits *s)
{
    mdace_reader r = {.c = c, .splits = s, .ids = map_new()};
    int files = 0;
    int result = r.ids ? read_folder(&r, in->path[0], 0, &files) : -1;
    if (!result && files == 0)
        result = err_set("%s: no .json files in it or below it", in->path[0]);
    if (!result)
        result = read_texts(&r, in);
    map_free(r.ids);
    mem_free(r.notes);
    buf_free(&r.json);
    buf_free(&r.text);
    jsonpull_free(&r.pull);
    return result;
}
