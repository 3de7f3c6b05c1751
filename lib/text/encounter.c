#include "text/encounter.h"

#include "base/err.h"
#include "base/map.h"
#include "io/json.h"
#include "io/walk.h"
#include "text/labels.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ID_ROOM 24 /* the digits of an int64_t, and a sign */

/* The keys that are looked at here; and those that ecan's programs write, or by which a reader of streams
 * knows a header and an end record. */
static const char *const own[] = {"id", "text", "documents", "labels", NULL};
static const char *const reserved[] = {"ecan", "end", "tokens", "spans",        "ids",    "X",         "H",
                                       "V",    "A",   "peaks",  "peak_weights", "scores", "predicted", NULL};

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(key, *keys) == 0)
            return true;
    return false;
}

static const char *what(const json_t *v)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a string";
    case JSON_INTEGER:
        return "a number";
    case JSON_REAL:
        return "a number with a fraction";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    default:
        return "null";
    }
}

/* ---- JSON as msgpack ---- */

static int pack_json(pack *p, json_t *v, int depth);

static int pack_items(pack *p, json_t *v, int depth)
{
    size_t i;
    json_t *item;
    pack_array(p, json_array_size(v));
    json_array_foreach(v, i, item)
    {
        if (pack_json(p, item, depth) < 0)
            return -1;
    }
    return 0;
}

static int pack_members(pack *p, json_t *v, int depth)
{
    const char *key;
    json_t *member;
    pack_map(p, json_object_size(v));
    json_object_foreach(v, key, member)
    {
        pack_str(p, key);
        if (pack_json(p, member, depth) < 0)
            return -1;
    }
    return 0;
}

/* depth: arrays and maps around v, of which the readers of streams take WALK_DEPTH. */
static int pack_json(pack *p, json_t *v, int depth)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        if (depth == WALK_DEPTH)
            return err_set("nested deeper than %d", WALK_DEPTH);
        return json_is_array(v) ? pack_items(p, v, depth + 1) : pack_members(p, v, depth + 1);
    case JSON_STRING:
        pack_str_n(p, json_string_value(v), json_string_length(v));
        return 0;
    case JSON_INTEGER:
        pack_int(p, json_integer_value(v));
        return 0;
    case JSON_REAL:
        pack_double(p, json_real_value(v));
        return 0;
    case JSON_NULL:
        pack_nil(p);
        return 0;
    default:
        pack_bool(p, json_is_true(v));
        return 0;
    }
}

/* ---- ids ---- */

/* An id is a string, or a whole number, which stands for its digits in room. NULL with the message set. */
static const char *read_id(json_t *v, char room[ID_ROOM], size_t *n)
{
    if (json_is_integer(v)) {
        *n = (size_t)snprintf(room, ID_ROOM, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
        return room;
    }
    if (!json_is_string(v)) {
        err_set("key id: expected a string or a whole number, found %s", what(v));
        return NULL;
    }
    const char *id = json_string_value(v);
    *n = json_string_length(v);
    if (*n == 0)
        err_set("key id: it is empty");
    for (size_t i = 0; i < *n; i++)
        if ((unsigned char)id[i] < 0x20 || id[i] == 0x7f) {
            err_set("key id: a control character");
            return NULL;
        }
    return *n > 0 ? id : NULL;
}

static int read_encounter_id(encounter *e, json_t *v)
{
    if (!v)
        return err_set("no id");
    char room[ID_ROOM];
    const char *id = read_id(v, room, &e->id_len);
    if (!id || buf_add(&e->id_copy, id, e->id_len) < 0 || buf_add(&e->id_copy, "", 1) < 0)
        return -1;
    e->id = (const char *)e->id_copy.data;
    return 0;
}

/* ---- notes ---- */

/* Adds a note with the text that v is. */
static note *add_note(encounter *e, json_t *v)
{
    if (!v) {
        err_set("no text");
        return NULL;
    }
    if (!json_is_string(v)) {
        err_set("key text: expected a string, found %s", what(v));
        return NULL;
    }
    if (mem_grow(&e->notes, &e->cap_notes, e->n_notes + 1, sizeof *e->notes) < 0)
        return NULL;
    note *n = &e->notes[e->n_notes++];
    *n = (note){.text = {json_string_value(v), json_string_length(v)}};
    return n;
}

static note_string string_of(json_t *v)
{
    return json_is_string(v) ? (note_string){json_string_value(v), json_string_length(v)} : (note_string){0};
}

static int read_document(encounter *e, json_t *document)
{
    if (!json_is_object(document))
        return err_set("expected an object, found %s", what(document));
    note *n = add_note(e, json_object_get(document, "text"));
    if (!n)
        return -1;
    n->id = string_of(json_object_get(document, "id"));
    n->type = string_of(json_object_get(document, "type"));
    n->date = string_of(json_object_get(document, "date"));
    return 0;
}

static int read_documents(encounter *e, json_t *documents)
{
    if (!json_is_array(documents))
        return err_set("key documents: expected an array, found %s", what(documents));
    size_t i;
    json_t *document;
    json_array_foreach(documents, i, document)
    {
        if (read_document(e, document) < 0)
            return err_prefix("key documents: document %zu: ", i + 1);
    }
    return 0;
}

/* A text is one note, with the id of the encounter. */
static int read_notes(encounter *e, json_t *object)
{
    json_t *text = json_object_get(object, "text"), *documents = json_object_get(object, "documents");
    if (text && documents)
        return err_set("both text and documents");
    if (documents)
        return read_documents(e, documents);
    note *n = add_note(e, text);
    if (n)
        n->id = (note_string){e->id, e->id_len};
    return n ? 0 : -1;
}

/* ---- what is read of the notes, and its words ---- */

/* Every note, whole, as they came. */
static int arrange(encounter *e)
{
    passages *r = &e->reading;
    if (mem_grow(&r->items, &r->cap, e->n_notes, sizeof *r->items) < 0)
        return -1;
    for (size_t i = 0; i < e->n_notes; i++)
        r->items[i] = (passage){i, 0, e->notes[i].text.n};
    r->n = e->n_notes;
    return 0;
}

static int32_t count_characters(const char *s, size_t n)
{
    int32_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)s[i] & 0xc0) != 0x80;
    return count;
}

/* The words of a passage; their spans count from the note's first character. */
static int tokenize_passage(encounter *e, const tokenizer *t, const passage *p)
{
    const note_string *text = &e->notes[p->note].text;
    size_t before = e->words.T;
    if (text->n > INT32_MAX)
        return err_set("a text of 2 GiB or more");
    if (tokenize(t, text->s + p->from, p->to - p->from, (int32_t)p->note, &e->words) < 0)
        return -1;
    int32_t skipped = count_characters(text->s, p->from);
    for (size_t i = before; skipped > 0 && i < e->words.T; i++) {
        e->words.spans[i][1] += skipped;
        e->words.spans[i][2] += skipped;
    }
    return 0;
}

static int tokenize_passages(encounter *e, const tokenizer *t)
{
    for (size_t i = 0; i < e->reading.n; i++)
        if (tokenize_passage(e, t, &e->reading.items[i]) < 0)
            return err_prefix("note %zu: ", e->reading.items[i].note + 1);
    return 0;
}

/* ---- documents ---- */

/* One document, whose id is the text given or the one that it has: two of an encounter are not alike. */
static int pack_document_id(pack *p, map *ids, const char *id, size_t n)
{
    int32_t before = map_size(ids), i = map_add(ids, id, n);
    if (i < 0)
        return -1;
    if (i < before)
        return err_set("key id: document %" PRId32 " has this id too", i + 1);
    pack_str(p, "id");
    pack_str_n(p, id, n);
    return 0;
}

/* The document's keys as they came, but for an id that is a number; one without id gets its position, 1 for
 * the first. */
static int pack_document(pack *p, map *ids, json_t *document, size_t position)
{
    char room[ID_ROOM];
    size_t n;
    json_t *v = json_object_get(document, "id");
    const char *id = v ? read_id(v, room, &n) : room;
    if (!v)
        n = (size_t)snprintf(room, sizeof room, "%zu", position);
    if (!id)
        return -1;
    pack_map(p, json_object_size(document) + !v);
    if (pack_document_id(p, ids, id, n) < 0)
        return -1;
    const char *key;
    json_t *member;
    json_object_foreach(document, key, member)
    {
        if (strcmp(key, "id") == 0)
            continue;
        pack_str(p, key);
        if (pack_json(p, member, 3) < 0)
            return err_prefix("key %s: ", key);
    }
    return 0;
}

static int pack_notes(pack *p, json_t *documents)
{
    map *ids = map_new();
    if (!ids)
        return -1;
    int result = 0;
    size_t i;
    json_t *document;
    pack_array(p, json_array_size(documents));
    json_array_foreach(documents, i, document)
    {
        result = pack_document(p, ids, document, i + 1);
        if (result < 0) {
            err_prefix("key documents: document %zu: ", i + 1);
            break;
        }
    }
    map_free(ids);
    return result;
}

static int pack_text(const encounter *e, pack *p)
{
    pack_array(p, 1);
    pack_map(p, 2);
    pack_str(p, "id");
    pack_str_n(p, e->id, e->id_len);
    pack_str(p, "text");
    pack_str_n(p, e->notes[0].text.s, e->notes[0].text.n);
    return 0;
}

static int pack_documents(const encounter *e, pack *p, json_t *object)
{
    json_t *documents = json_object_get(object, "documents");
    pack_key(p, "documents");
    return documents ? pack_notes(p, documents) : pack_text(e, p);
}

/* ---- labels ---- */

static int collect_labels(map *codes, json_t *array)
{
    size_t i;
    json_t *v;
    json_array_foreach(array, i, v)
    {
        if (!json_is_string(v))
            return err_set("label %zu: expected a string, found %s", i + 1, what(v));
        const char *code = json_string_value(v);
        size_t n = json_string_length(v);
        if (labels_check_code(code, n) < 0)
            return err_prefix("label %zu: ", i + 1);
        if (map_add(codes, code, n) < 0)
            return -1;
    }
    return 0;
}

/* Each label once, in the order in which they came first. Without the key (or with null) it is not known
 * which labels are right; an empty array says that none is. */
static int pack_labels(pack *p, json_t *v)
{
    if (!v || json_is_null(v))
        return 0;
    if (!json_is_array(v))
        return err_set("key labels: expected an array, found %s", what(v));
    map *codes = map_new();
    if (!codes)
        return -1;
    int result = collect_labels(codes, v);
    pack_key(p, "labels");
    pack_array(p, (size_t)map_size(codes));
    for (int32_t i = 0; i < map_size(codes); i++) {
        size_t n;
        const char *code = map_key(codes, i, &n);
        pack_str_n(p, code, n);
    }
    map_free(codes);
    return result < 0 ? err_prefix("key labels: ") : 0;
}

/* ---- encounters ---- */

static int pack_others(pack *p, json_t *object)
{
    const char *key;
    json_t *v;
    json_object_foreach(object, key, v)
    {
        if (is_one_of(key, own))
            continue;
        if (is_one_of(key, reserved))
            return err_set("key %s: a name that ecan's own records use", key);
        pack_key(p, key);
        if (pack_json(p, v, 1) < 0)
            return err_prefix("key %s: ", key);
    }
    return 0;
}

static void pack_tokens(pack *p, const tokens *w)
{
    pack_key(p, "tokens");
    pack_array(p, w->T);
    for (size_t i = 0; i < w->T; i++) {
        size_t n;
        const char *word = tokens_word(w, i, &n);
        pack_str_n(p, word, n);
    }
    pack_key(p, "spans");
    pack_i4(p, w->T > 0 ? w->spans[0] : NULL, 2, (size_t[]){w->T, 3});
}

static int pack_record(encounter *e, json_t *object)
{
    pack *p = &e->fields;
    pack_key(p, "id");
    pack_str_n(p, e->id, e->id_len);
    if (pack_labels(p, json_object_get(object, "labels")) < 0 || pack_documents(e, p, object) < 0 ||
        pack_others(p, object) < 0)
        return -1;
    pack_tokens(p, &e->words);
    return pack_failed(p) ? err_set("out of memory (record)") : 0;
}

/* The steps. */
static int read_object(encounter *e, const tokenizer *t, json_t *object)
{
    if (!json_is_object(object))
        return err_set("expected an object, found %s", what(object));
    if (read_encounter_id(e, json_object_get(object, "id")) < 0 || read_notes(e, object) < 0 ||
        arrange(e) < 0 || tokenize_passages(e, t) < 0)
        return -1;
    return pack_record(e, object);
}

int encounter_read(encounter *e, const tokenizer *t, const char *json, size_t n)
{
    e->id = "";
    e->id_copy.len = 0;
    e->n_notes = 0;
    pack_clear(&e->fields);
    tokens_clear(&e->words);
    json_t *object = json_parse_line(json, n);
    if (!object)
        return -1;
    int result = read_object(e, t, object);
    json_decref(object);
    return result;
}

void encounter_free(encounter *e)
{
    pack_free(&e->fields);
    tokens_free(&e->words);
    mem_free(e->notes);
    mem_free(e->reading.items);
    buf_free(&e->id_copy);
    *e = (encounter){0};
}
