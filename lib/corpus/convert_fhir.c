/* SPDX-License-Identifier: Apache-2.0 */
/* FHIR: documents become notes. fhir_codes.c adds the codes. */
#include "base/err.h"
#include "corpus/fhir.h"
#include "text/labels.h"

#include <string.h>

/* ---- names ---- */

/* The id of an encounter is the last part of its key. If another resource, such as a patient, has the same
 * id, it is the whole key. */
typedef struct names {
    map *last;
    int32_t *key;
    size_t cap;
} names;

static const char *last_part(const char *key)
{
    const char *type, *value = fhir_identifier_value(key);
    return value ? value : fhir_is_reference(key, &type) ? strrchr(key, '/') + 1 : key;
}

static int reserve_name(names *n, const fhir *f, int32_t key)
{
    const char *last = last_part(map_key(f->keys, key, NULL));
    if (map_find(n->last, last, strlen(last)) >= 0)
        return 0;
    if (mem_grow(&n->key, &n->cap, map_size(n->last) + 1, sizeof *n->key))
        return -1;
    const int32_t i = map_add(n->last, last, strlen(last));
    if (i < 0)
        return -1;
    n->key[i] = key;
    return 0;
}

static const char *name_of(const names *n, const fhir *f, int32_t key)
{
    const char *whole = map_key(f->keys, key, NULL), *last = last_part(whole);
    const int32_t i = map_find(n->last, last, strlen(last));
    return i >= 0 && n->key[i] == key ? last : whole;
}

/* ---- notes ---- */

enum kind { DOCUMENT, REPORT, COMPOSITION, KINDS };
static const char *const kind_type[KINDS] = {"DocumentReference", "DiagnosticReport", "Composition"};

/* KINDS: none of them. */
static enum kind kind_of(const fhir_resource *r)
{
    enum kind k = DOCUMENT;
    while (k < KINDS && (r->gone || strcmp(r->type, kind_type[k]) != 0))
        k++;
    return k;
}

typedef struct document {
    fhir *f;
    const fhir_resource *r;
    convert_slice encounter, patient, type, date;
    int32_t key;
    int notes; /* number added so far */
} document;

static convert_slice slice_of(const char *s)
{
    return (convert_slice){s, s ? strlen(s) : 0};
}

/* attachment: the one that has the text; NULL: none. */
static int add_note(document *d, const json_t *attachment, const buf *text)
{
    const char *language = fhir_string(attachment, "language");
    const char *id = fhir_note_id(d->r);
    char name[512];
    int32_t e;
    if (id && d->notes > 0) {
        snprintf(name, sizeof name, "%.490s/%d", id, d->notes + 1);
        id = name;
    }
    const int added = convert_add_note(
        d->f->v, d->encounter,
        &(convert_note){.id = slice_of(id),
                        .type = d->type,
                        .date = d->date,
                        .language = slice_of(language ? language : fhir_string(d->r->json, "language")),
                        .text = {(const char *)text->data, text->len}},
        &e);
    if (added < 0)
        return -1;
    if (added == 0)
        convert_left_out(d->f->v, "document",
                         "it repeats another one of its encounter, which has no id either", 1);
    d->f->key[d->key].encounter = e;
    if (d->patient.n && collection_patient(d->f->v->c, e, d->patient.s, d->patient.n))
        return -1;
    d->notes++;
    return 0;
}

static const json_t *attachment_at(const document *d, size_t i)
{
    const json_t *content = json_array_get(fhir_array(d->r->json, "content"), i);
    return content ? json_object_get(content, "attachment")
                   : json_array_get(fhir_array(d->r->json, "presentedForm"), i);
}

/* Plain texts are read first, and other forms of the same document only if there is no plain text. Several
 * attachments with the same Binary are one note. */
static int read_attachments(document *d, bool plain)
{
    const json_t *attachment, *binary, *last = NULL;
    buf text = {0};
    int result = 0;
    for (size_t i = 0; !result && (attachment = attachment_at(d, i)); i++) {
        text.len = 0;
        const int got = fhir_attachment(d->f, d->r, attachment, plain, &text, &binary);
        if (got > 0 && (!binary || binary != last))
            result = add_note(d, attachment, &text);
        last = got > 0 ? binary : last;
        if (got < 0)
            result = err_prefix("attachment %zu: ", i + 1);
    }
    buf_free(&text);
    return result;
}

static int add_html(buf *html, const json_t *sections, int depth)
{
    for (size_t i = 0; depth < 32 && i < json_array_size(sections); i++) {
        const json_t *section = json_array_get(sections, i);
        const char *title = fhir_string(section, "title");
        const char *div = fhir_string(json_object_get(section, "text"), "div");
        if (title && (buf_add(html, "<h2>", 4) || buf_add(html, title, strcspn(title, "<&")) ||
                      buf_add(html, "</h2>\n", 6)))
            return -1;
        if ((div && (buf_add(html, div, strlen(div)) || buf_add(html, "\n", 1))) ||
            add_html(html, fhir_array(section, "section"), depth + 1))
            return -1;
    }
    return 0;
}

/* The narrative of a composition is XHTML. */
static int read_sections(document *d)
{
    buf html = {0}, text = {0};
    int got = add_html(&html, fhir_array(d->r->json, "section"), 0);
    if (!got && html.len > 0)
        got = fhir_convert(d->f->v, "text/html", 9, html.data, html.len, &text);
    if (got == 0)
        convert_left_out(
            d->f->v, "Composition",
            html.len ? "its narrative is XHTML, and no --convert names text/html" : "it has no narrative", 1);
    const int result = got > 0 ? add_note(d, NULL, &text) : got;
    buf_free(&html);
    buf_free(&text);
    return result;
}

static const char *date_of(const json_t *json)
{
    static const char *const keys[] = {"date", "effectiveDateTime", "issued", "indexed", "created"};
    const char *s = NULL;
    for (size_t i = 0; !s && i < sizeof keys / sizeof *keys; i++)
        s = fhir_string(json, keys[i]);
    return s ? s : fhir_string(json_object_get(json_object_get(json, "context"), "period"), "start");
}

/* Why a document is left out; NULL: it is not. */
static const char *document_is_void(const fhir *f, const json_t *json, int32_t encounter)
{
    static const char *const in_error[] = {"entered-in-error", NULL};
    static const char *const superseded[] = {"superseded", NULL};
    static const char *const cancelled[] = {"cancelled", NULL};
    if (fhir_has_status(json, "status", in_error) || fhir_has_status(json, "docStatus", in_error))
        return "it was entered in error";
    if (fhir_has_status(json, "status", superseded))
        return "it is superseded by another one";
    if (fhir_has_status(json, "status", cancelled) || fhir_has_status(json, "docStatus", cancelled))
        return "it was cancelled";
    return fhir_is_in_error(f, encounter) ? "its encounter was entered in error" : NULL;
}

/* "Patient/p1", or an identifier of the patient. */
static const char *patient_of(fhir *f, const fhir_resource *r)
{
    const int32_t key = fhir_key(f, r, fhir_reference(json_object_get(r->json, "subject")));
    const char *name = key < 0 ? NULL : map_key(f->keys, key, NULL);
    const char *value = name ? fhir_identifier_value(name) : NULL;
    return value ? value : name;
}

static int read_notes(document *d, enum kind kind)
{
    if (kind == COMPOSITION)
        return read_sections(d);
    if (read_attachments(d, true))
        return -1;
    return d->notes > 0 ? 0 : read_attachments(d, false);
}

static int read_document(fhir *f, const fhir_resource *r, enum kind kind, const names *n)
{
    document d = {.f = f, .r = r, .key = fhir_key(f, r, fhir_encounter_of(r->json))};
    const char *why = document_is_void(f, r->json, d.key);
    if (why) {
        convert_left_out(f->v, "document", why, 1);
        return 0;
    }
    if (d.key < 0)
        return err_set("no encounter and no subject");
    /* Names of keys are borrowed until a key is added, which attachments can do. */
    const char *patient = patient_of(f, r), *encounter = name_of(n, f, d.key);
    char *copies[] = {mem_strndup(encounter, strlen(encounter)),
                      patient ? mem_strndup(patient, strlen(patient)) : NULL};
    d.encounter = slice_of(copies[0]);
    d.patient = slice_of(copies[1]);
    d.type = slice_of(fhir_concept(json_object_get(r->json, kind == REPORT ? "code" : "type")));
    d.date = slice_of(date_of(r->json));
    const int result = copies[0] && (copies[1] || !patient) ? read_notes(&d, kind) : -1;
    mem_free(copies[0]);
    mem_free(copies[1]);
    return result;
}

/* Ids of encounters have priority over those of patients. */
static int reserve_names(names *n, fhir *f)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < f->n; i++) {
            if (kind_of(&f->resources[i]) == KINDS)
                continue;
            const int32_t key = fhir_key(f, &f->resources[i], fhir_encounter_of(f->resources[i].json));
            const char *name = key < 0 ? NULL : map_key(f->keys, key, NULL);
            if (name && (pass == 1 || strstr(name, "Encounter/")) && reserve_name(n, f, key))
                return -1;
        }
    return 0;
}

static int read_documents(fhir *f, const names *n)
{
    for (size_t i = 0; i < f->n; i++) {
        const enum kind kind = kind_of(&f->resources[i]);
        if (kind == KINDS || read_document(f, &f->resources[i], kind, n) == 0)
            continue;
        fhir_error(&f->resources[i]);
        if (convert_bad(f->v))
            return -1;
    }
    return 0;
}

/* ---- all ---- */

static void count_others(const fhir *f)
{
    static const char *const used[] = {"Encounter", "Binary", "Condition", "Procedure", NULL};
    for (size_t i = 0; i < f->n; i++) {
        const fhir_resource *r = &f->resources[i];
        bool other = !r->gone && kind_of(r) == KINDS;
        for (int k = 0; used[k]; k++)
            other = other && strcmp(r->type, used[k]) != 0;
        convert_left_out(f->v, "resource", "its type has no notes and no codes", other);
    }
}

int convert_fhir(convert *v, const char *const *paths, int n)
{
    fhir f;
    names encounters = {.last = map_new()};
    int result = fhir_open(&f, v) || !encounters.last ? -1 : 0;
    for (int i = 0; !result && i < n; i++)
        result = fhir_read(&f, paths[i]);
    if (!result)
        result =
            reserve_names(&encounters, &f) || read_documents(&f, &encounters) || fhir_read_codes(&f) ? -1 : 0;
    if (!result && f.out_of_memory)
        result = err_memory("out of memory");
    if (!result)
        count_others(&f);
    if (!result && f.unconfirmed)
        convert_tell(v,
                     "%llu condition%s unconfirmed, as proposals of a model are: the codes are labels, too",
                     (unsigned long long)f.unconfirmed, f.unconfirmed == 1 ? " is" : "s are");
    fhir_close(&f);
    map_free(encounters.last);
    mem_free(encounters.key);
    return result;
}
