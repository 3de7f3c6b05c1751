/* SPDX-License-Identifier: Apache-2.0 */
/* The steps: a line becomes notes, labels and other keys (parse()); which notes are read, in which order
 * (notes_arrange()); their words, and which of these (notes_choose()); and the record, in the order of its
 * keys (pack_record()). */
#include "text/encounter.h"

#include "base/err.h"
#include "io/kinds.h"
#include "io/stream.h"
#include "text/labels.h"
#include "text/unread.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KEY_SHOWN 40 /* bytes of a key in a message */

/* Keys that ecan's programs write, or that identify a header or an end record of a stream. */
static bool is_reserved(const char *key)
{
    return strcmp(key, "ecan") == 0 || strcmp(key, "end") == 0 || record_key_is_reserved(key);
}

/* Prefixes the message; returns -1. A key is quoted if it is a name. It could be other text of the input. */
static int key_error(const char *key)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:";
    return strlen(key) <= KEY_SHOWN && key[strspn(key, characters)] == '\0' ? err_prefix("key %s: ", key)
                                                                            : err_prefix("a key: ");
}

static int expected(const char *type, const jsonpull_value *v)
{
    return err_set("expected %s, found %s", type, jsonpull_name(v->type));
}

/* Returns the string, or none if v is another value. */
static note_string string_of(const jsonpull_value *v)
{
    return v->type == JSONPULL_STRING ? (note_string){v->s, v->n} : (note_string){0};
}

/* ---- JSON as msgpack ---- */

static int pack_json(pack *p, jsonpull *r, const jsonpull_value *v);

static int pack_items(pack *p, jsonpull *r)
{
    jsonpull_value v;
    size_t n = 0, opened = pack_open(p);
    int more;
    while ((more = jsonpull_item(r, &v)) > 0 && (more = pack_json(p, r, &v)) == 0)
        n++;
    pack_close_array(p, opened, n);
    return more;
}

static int pack_mapped(pack *p, jsonpull *r)
{
    jsonpull_value v;
    size_t n = 0, opened = pack_open(p);
    int more;
    while ((more = jsonpull_member(r, &v)) > 0) {
        pack_str_n(p, v.key, v.key_n);
        if ((more = pack_json(p, r, &v)) < 0)
            break;
        n++;
    }
    pack_close_map(p, opened, n);
    return more;
}

/* Packs the complete value that was just read or entered. */
static int pack_json(pack *p, jsonpull *r, const jsonpull_value *v)
{
    switch (v->type) {
    case JSONPULL_OBJECT:
        return pack_mapped(p, r);
    case JSONPULL_ARRAY:
        return pack_items(p, r);
    case JSONPULL_STRING:
        pack_str_n(p, v->s, v->n);
        return 0;
    case JSONPULL_INTEGER:
        pack_int(p, v->i);
        return 0;
    case JSONPULL_REAL:
        pack_double(p, v->f);
        return 0;
    case JSONPULL_BOOL:
        pack_bool(p, v->b);
        return 0;
    default:
        pack_nil(p);
        return 0;
    }
}

/* ---- ids ---- */

/* An id is a string or a whole number, which is converted to its digits. */
static int read_id(const jsonpull_value *v, note_string *id)
{
    if (v->type == JSONPULL_INTEGER) {
        *id = v->i == 0 ? (note_string){"0", 1} : (note_string){v->s, v->n}; /* not "-0" */
        return 0;
    }
    *id = string_of(v);
    if (!id->s)
        return expected("a string or a whole number", v);
    if (id->n == 0)
        return err_set("expected a string that is not empty");
    for (size_t i = 0; i < id->n; i++)
        if ((unsigned char)id->s[i] < 0x20 || id->s[i] == 0x7f)
            return err_set("contains a control character");
    return 0;
}

static int read_encounter_id(encounter *e, const jsonpull_value *v)
{
    note_string id;
    if (read_id(v, &id) < 0)
        return -1;
    e->id_copy.len = 0;
    if (buf_add(&e->id_copy, id.s, id.n) < 0 || buf_add(&e->id_copy, "", 1) < 0)
        return -1;
    e->id = (const char *)e->id_copy.data;
    e->id_len = id.n;
    return 0;
}

/* ---- notes ---- */

static encounter_note *add_note(encounter *e)
{
    if (mem_grow(&e->notes, &e->cap_notes, e->n_notes + 1, sizeof *e->notes) < 0)
        return NULL;
    encounter_note *n = &e->notes[e->n_notes++];
    const size_t at = e->members.body.len;
    *n = (encounter_note){.members = at, .text_at = at, .members_end = at};
    return n;
}

static int read_text(encounter_note *n, const jsonpull_value *v)
{
    n->n_members++;
    n->text = string_of(v);
    if (n->text.s)
        return 0;
    expected("a string", v);
    return v->type == JSONPULL_ARRAY
               ? err_set("%s: several notes are documents: [{\"text\": ...}]", err_message())
               : -1;
}

/* Reads a key of a document. The text is not copied; all other keys but the id are packed. */
static int read_note_member(encounter *e, encounter_note *n, const jsonpull_value *v)
{
    pack *p = &e->members;
    if (strcmp(v->key, "id") == 0)
        return read_id(v, &n->id);
    if (strcmp(v->key, "text") == 0) {
        n->text_at = p->body.len;
        return read_text(n, v);
    }
    n->n_members++;
    if (strcmp(v->key, "type") == 0)
        n->type = string_of(v);
    if (strcmp(v->key, "date") == 0)
        n->date = string_of(v);
    if (strcmp(v->key, "language") == 0)
        n->language = string_of(v);
    pack_str_n(p, v->key, v->key_n);
    return pack_json(p, &e->json, v);
}

static int read_document(encounter *e, const jsonpull_value *v)
{
    if (v->type != JSONPULL_OBJECT)
        return expected("an object, such as {\"text\": ...}", v);
    encounter_note *n = add_note(e);
    if (!n)
        return -1;
    jsonpull_value member;
    int more;
    while ((more = jsonpull_member(&e->json, &member)) > 0)
        if (read_note_member(e, n, &member) < 0)
            return key_error(member.key);
    n->members_end = e->members.body.len;
    return more < 0 ? -1 : n->text.s ? 0 : err_set("missing key text");
}

static int read_documents(encounter *e, const jsonpull_value *v)
{
    if (v->type != JSONPULL_ARRAY)
        return expected("an array of notes, such as [{\"text\": ...}]", v);
    jsonpull_value document;
    int more;
    while ((more = jsonpull_item(&e->json, &document)) > 0) {
        size_t number = e->n_notes + 1;
        if (read_document(e, &document) < 0)
            return err_prefix("document %zu: ", number);
    }
    return more;
}

/* A note without id gets its position, 1 for the first; two of an encounter are not alike. */
static int finish_ids(encounter *e)
{
    for (size_t i = 0; i < e->n_notes; i++) {
        encounter_note *n = &e->notes[i];
        if (!n->id.s)
            n->id = (note_string){n->position, snprintf(n->position, sizeof n->position, "%zu", i + 1)};
        if (e->n_notes == 1)
            return 0;
        int32_t before = map_size(e->ids), at = map_add(e->ids, n->id.s, n->id.n);
        if (at < 0)
            return -1;
        if (at < before)
            return err_set("key documents: document %zu: key id: document %" PRId32 " has this id too", i + 1,
                           at + 1);
    }
    return 0;
}

/* ---- labels ---- */

static int read_label(encounter *e, const jsonpull_value *v)
{
    if (v->type != JSONPULL_STRING)
        return expected("a string", v);
    return labels_check_code(v->s, v->n) < 0 || map_add(e->labels, v->s, v->n) < 0 ? -1 : 0;
}

/* Each label once, in the order in which they came first. Without the key (or with null) it is not known
 * which labels are right; an empty array says that none is. */
static int read_labels(encounter *e, const jsonpull_value *v)
{
    if (v->type == JSONPULL_NULL)
        return 0;
    if (v->type != JSONPULL_ARRAY)
        return expected("an array of codes, such as [\"I10\"]", v);
    e->has_labels = true;
    jsonpull_value label;
    size_t i = 0;
    int more;
    while (i++, (more = jsonpull_item(&e->json, &label)) > 0)
        if (read_label(e, &label) < 0)
            return err_prefix("label %zu: ", i);
    return more;
}

/* ---- the line ---- */

static int read_member(encounter *e, const jsonpull_value *v)
{
    if (strcmp(v->key, "id") == 0)
        return read_encounter_id(e, v);
    if (strcmp(v->key, "labels") == 0)
        return read_labels(e, v);
    if (strcmp(v->key, "text") == 0) {
        e->has_text = true;
        encounter_note *n = add_note(e);
        return n ? read_text(n, v) : -1;
    }
    if (strcmp(v->key, "documents") == 0) {
        e->has_documents = true;
        return read_documents(e, v);
    }
    if (strcmp(v->key, "predicted") == 0)
        return err_set("reserved key: rename it, or run ecan-import if these are predictions");
    if (is_reserved(v->key))
        return err_set("reserved key: rename it");
    if (strcmp(v->key, "language") == 0)
        e->language = string_of(v);
    pack_key_n(&e->others, v->key, v->key_n);
    return pack_json(&e->others, &e->json, v);
}

static int read_members(encounter *e)
{
    jsonpull_value v;
    int more;
    if (jsonpull_next(&e->json, &v) < 0)
        return -1;
    if (v.type != JSONPULL_OBJECT)
        return expected("an object", &v);
    while ((more = jsonpull_member(&e->json, &v)) > 0) {
        if (read_member(e, &v) < 0)
            return key_error(v.key);
        if (e->has_text && e->has_documents)
            return err_set("expected either text or documents, found both");
    }
    return more < 0 ? -1 : jsonpull_end(&e->json);
}

static int parse(encounter *e, char *line, size_t n)
{
    if (jsonpull_open(&e->json, line, n) < 0 || read_members(e) < 0)
        return -1;
    if (e->id_copy.len == 0)
        return err_set("missing key id: each encounter has its own");
    if (!e->has_text && !e->has_documents)
        return err_set("missing key text or documents: rename the key that has the note");
    if (e->has_text)
        e->notes[0].id = (note_string){e->id, e->id_len};
    return finish_ids(e);
}

/* ---- languages ---- */

/* The language of a note: what its key, or that of its encounter, says, or a guess. */
static int find_language(encounter *e, const tokenizer *t, size_t i)
{
    const encounter_note *n = &e->notes[i];
    const note_string *tag = n->language.n > 0 ? &n->language : &e->language;
    e->languages[i] = tag->n > 0 ? language_list_find(tokenizer_languages(t), tag->s, tag->n) : LANGUAGE_ANY;
    if (e->languages[i] != LANGUAGE_ANY)
        return 0;
    e->languages_unknown += tag->n > 0;
    return tokenizer_guess(t, n->text.s, n->text.n, &e->words, &e->languages[i]);
}

static int find_languages(encounter *e, const tokenizer *t)
{
    if (!tokenizer_languages(t))
        return 0;
    if (e->n_notes > e->cap_languages &&
        mem_grow(&e->languages, &e->cap_languages, e->n_notes, sizeof *e->languages) < 0)
        return -1;
    for (size_t i = 0; i < e->n_notes; i++)
        if (find_language(e, t, i) < 0)
            return err_prefix("document %zu: key text: ", i + 1);
    return 0;
}

/* ---- words ---- */

/* The texts are valid UTF-8: the reader of the line checked it. */
static int tokenize_notes(encounter *e, const tokenizer *t)
{
    for (size_t i = 0; i < e->encounter_reading.n; i++) {
        size_t at = e->encounter_reading.order[i];
        const note_string *text = &e->notes[at].text;
        const tokenizer *of = tokenizer_languages(t) ? tokenizer_of(t, e->languages[at]) : t;
        if (tokenize_valid(of, text->s, text->n, (int32_t)at, &e->words) < 0)
            return err_prefix("document %zu: key text: ", at + 1);
    }
    return 0;
}

/* ---- the record ---- */

static void pack_labels(pack *p, const map *codes)
{
    pack_key(p, "labels");
    pack_array(p, map_size(codes));
    for (int32_t i = 0; i < map_size(codes); i++) {
        size_t n;
        const char *code = map_key(codes, i, &n);
        pack_str_n(p, code, n);
    }
}

/* Bytes from .. to-1 of the packed keys. The memory can be NULL if there are none. */
static void pack_part(pack *p, const buf *packed, size_t from, size_t to)
{
    if (from < to)
        pack_raw(p, packed->data + from, to - from);
}

static void pack_note(pack *p, const encounter_note *n, const buf *members)
{
    pack_map(p, n->n_members + 1);
    pack_str(p, "id");
    pack_str_n(p, n->id.s, n->id.n);
    pack_part(p, members, n->members, n->text_at);
    pack_str(p, "text");
    pack_str_n(p, n->text.s, n->text.n);
    pack_part(p, members, n->text_at, n->members_end);
}

static void pack_notes(pack *p, const encounter *e)
{
    pack_key(p, "documents");
    pack_array(p, e->n_notes);
    for (size_t i = 0; i < e->n_notes; i++)
        pack_note(p, &e->notes[i], &e->members.body);
}

static void pack_left_out(pack *p, const encounter_reading *a)
{
    if (a->n_gaps > 0) {
        pack_key(p, "gaps");
        pack_i4(p, a->gaps, 1, &a->n_gaps);
    }
    unread_pack(p, a->words_cut, a->notes_left);
}

static void pack_languages(pack *p, const encounter *e)
{
    pack_key(p, "note_languages");
    pack_array(p, e->n_notes);
    for (size_t i = 0; i < e->n_notes; i++)
        pack_str(p, language_name(e->languages[i]));
}

static int pack_record(encounter *e, const tokenizer *t)
{
    pack *p = &e->fields;
    pack_key(p, "id");
    pack_str_n(p, e->id, e->id_len);
    if (e->has_labels)
        pack_labels(p, e->labels);
    pack_notes(p, e);
    pack_objects(p, &e->others);
    pack_key(p, "tokens");
    pack_strs(p, e->words.bytes.data, e->words.ends, e->words.T);
    pack_key(p, "spans");
    pack_i4(p, e->words.T > 0 ? e->words.spans[0] : NULL, 2, (size_t[]){e->words.T, 3});
    if (tokenizer_languages(t))
        pack_languages(p, e);
    pack_left_out(p, &e->encounter_reading);
    if (pack_failed(p) || pack_failed(&e->members))
        return err_memory("out of memory (record)");
    enum { HEAD = 5 }; /* bytes of the map's own at most */
    return record_check_size(p->fields, HEAD + p->body.len, 0) < 0 ? err_prefix("cannot make a record: ") : 0;
}

/* ---- encounters ---- */

/* Clears the previous encounter and keeps the memory. */
static int clear(encounter *e)
{
    e->id = "";
    e->id_len = e->id_copy.len = 0;
    e->n_notes = 0;
    e->has_text = e->has_documents = e->has_labels = false;
    e->language = (note_string){0};
    e->languages_unknown = 0;
    pack_clear(&e->fields);
    pack_clear(&e->members);
    pack_clear(&e->others);
    tokens_clear(&e->words);
    if ((!e->labels && !(e->labels = map_new())) || (!e->ids && !(e->ids = map_new())))
        return -1;
    map_clear(e->labels);
    map_clear(e->ids);
    return 0;
}

int encounter_read(encounter *e, const tokenizer *t, const notes_rules *rules, char *line, size_t n)
{
    if (clear(e) < 0 || parse(e, line, n) < 0 ||
        notes_arrange(rules, e->notes, e->n_notes, &e->encounter_reading) < 0 || find_languages(e, t) < 0 ||
        tokenize_notes(e, t) < 0 || notes_choose(rules, e->notes, &e->encounter_reading, &e->words) < 0)
        return -1;
    return pack_record(e, t);
}

void encounter_free(encounter *e)
{
    buf_free(&e->id_copy);
    jsonpull_free(&e->json);
    mem_free(e->notes);
    mem_free(e->languages);
    encounter_reading_free(&e->encounter_reading);
    map_free(e->labels);
    map_free(e->ids);
    pack_free(&e->members);
    pack_free(&e->others);
    pack_free(&e->fields);
    tokens_free(&e->words);
    *e = (encounter){0};
}
