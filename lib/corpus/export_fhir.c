/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle of FHIR R4 (formats/exports.md): for each code a Condition, and for each encounter a Provenance of
 * the software and one of the coder. The bundle is a transaction, so that a server stores all of it or
 * nothing. Each Condition has an identifier that depends only on encounter and code: a later export, as of
 * the decisions on the same proposals, replaces it. */
#include "base/err.h"
#include "base/hash.h"
#include "base/version.h"
#include "corpus/export.h"
#include "corpus/fhir.h"
#include "io/base64.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TERMINOLOGY "http://terminology.hl7.org/CodeSystem/"

/* ---- values ---- */

static json_t *text_json(export_string s)
{
    return json_stringn(s.s, s.n);
}

static json_t *one(json_t *element)
{
    json_t *array = json_array();
    ecan_json_append(array, element);
    return array;
}

static json_t *pair(const char *key, json_t *value, const char *other, json_t *last)
{
    json_t *o = json_object();
    ecan_json_set(o, key, value);
    if (other)
        ecan_json_set(o, other, last);
    return o;
}

static json_t *concept(const char *system, const char *code)
{
    return pair("coding", one(pair("system", json_string(system), "code", json_string(code))), NULL, NULL);
}

/* "urn:uuid:...": a UUID of version 8 (RFC 9562), the hash of the parts, of which each ends with NUL. The
 * same parts have the same UUID in every export. */
enum { UUID = 9 + 36 + 1 };
static int make_uuid(buf *key, const export_string *parts, int n, char uuid[UUID])
{
    uint64_t h[2];
    key->len = 0;
    for (int i = 0; i < n; i++)
        if ((parts[i].n && buf_add(key, parts[i].s, parts[i].n)) || buf_add(key, "", 1))
            return -1;
    hash128(h, key->data, key->len);
    h[0] = (h[0] & ~0xf000ull) | 0x8000ull;
    h[1] = (h[1] & ~(3ull << 62)) | 2ull << 62;
    snprintf(uuid, UUID, "urn:uuid:%08x-%04x-%04x-%04x-%012llx", (unsigned)(h[0] >> 32),
             (unsigned)(h[0] >> 16 & 0xffff), (unsigned)(h[0] & 0xffff), (unsigned)(h[1] >> 48),
             (unsigned long long)(h[1] & 0xffffffffffffull));
    return 0;
}

static export_string string_of(const char *s)
{
    return (export_string){s, s ? strlen(s) : 0};
}

/* ---- references ---- */

/* An id of FHIR. */
static bool is_id(export_string s)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
    return s.n > 0 && s.n <= 64 && strspn(s.s, letters) == s.n;
}

/* A reference to a resource. An id of the server is literal (Encounter/e1). Any other is an identifier,
 * because a server could have another resource with that id. */
static json_t *refer(const export *x, const char *type, export_string id)
{
    const char *at;
    char name[128];
    if (fhir_is_reference(id.s, &at))
        return pair("reference", text_json(id), NULL, NULL);
    if (x->o->server_ids && is_id(id)) {
        snprintf(name, sizeof name, "%s/%s", type, id.s);
        return pair("reference", json_string(name), NULL, NULL);
    }
    return pair("type", json_string(type), "identifier", pair("value", text_json(id), NULL, NULL));
}

/* An id such as Patient/p1 is the patient of notes without an encounter (convert_fhir.c). */
static bool is_patient(export_string id)
{
    const char *type;
    return fhir_is_reference(id.s, &type) && strncmp(type, "Patient/", 8) == 0;
}

static json_t *subject(const export *x, const export_encounter *e)
{
    char unknown[128];
    if (e->patient.n > 0)
        return refer(x, "Patient", e->patient);
    if (is_patient(e->id))
        return refer(x, "Patient", e->id);
    snprintf(unknown, sizeof unknown, "patient of encounter %.80s", e->id.s);
    return pair("type", json_string("Patient"), "display", json_string(unknown));
}

/* ---- entries ---- */

static void put(export *x, json_t *entry, int *failed)
{
    entry = ecan_json_complete(entry);
    char *text = entry ? ecan_json_text(entry) : NULL;
    if (text) {
        fputs(x->begun ? ",\n" : "{\"resourceType\": \"Bundle\", \"type\": \"transaction\", \"entry\": [\n",
              x->f);
        fputs(text, x->f);
        x->begun = true;
    }
    *failed |= !text;
    free(text);
    json_decref(entry);
}

/* An entry of a resource that is created, or replaces the one with the same identifier. */
static int put_resource(export *x, const char *url, bool identified, json_t *resource)
{
    char where[128];
    int failed = 0;
    const char *type = json_string_value(json_object_get(resource, "resourceType"));
    snprintf(where, sizeof where, identified ? "%s?identifier=urn:ietf:rfc:3986%%7C%s" : "%s",
             type ? type : "", url);
    json_t *entry = pair("fullUrl", json_string(url), "resource", resource);
    ecan_json_set(entry, "request",
                  pair("method", json_string(identified ? "PUT" : "POST"), "url", json_string(where)));
    put(x, entry, &failed);
    return failed ? -1 : 0;
}

static json_t *resource(const char *type, const char *url)
{
    json_t *r = pair("resourceType", json_string(type), NULL, NULL);
    if (url)
        ecan_json_set(r, "identifier",
                      one(pair("system", json_string("urn:ietf:rfc:3986"), "value", json_string(url))));
    return r;
}

/* ---- the software ---- */

/* Writes the Device once for each model. */
static int put_device(export *x, char url[UUID])
{
    const export_string parts[] = {string_of("device"), string_of(ECAN_VERSION), string_of(x->model)};
    if (make_uuid(&x->line, parts, 3, url))
        return -1;
    const int fresh = idset_add(&x->devices, url, strlen(url));
    if (fresh <= 0)
        return fresh;
    json_t *r = resource("Device", url), *versions = json_array();
    ecan_json_append(versions, pair("type", pair("text", json_string("software"), NULL, NULL), "value",
                                    json_string(ECAN_VERSION)));
    if (x->model)
        ecan_json_append(versions, pair("type", pair("text", json_string("model"), NULL, NULL), "value",
                                        json_string(x->model)));
    ecan_json_set(r, "deviceName", one(pair("name", json_string("ecan"), "type", json_string("model-name"))));
    ecan_json_set(r, "version", versions);
    return put_resource(x, url, true, r);
}

/* ---- notes ---- */

static int note_url(export *x, const export_encounter *e, export_string note, char url[UUID])
{
    return make_uuid(&x->line, (export_string[]){string_of("note"), e->id, note}, 3, url);
}

/* Whether a date is 2024, 2024-03, 2024-03-01, and with time and zone: dateTime of FHIR. */
static bool is_date(export_string s, bool *instant)
{
    static const char *const forms[] = {"dddd", "dddd-dd", "dddd-dd-dd"};
    size_t n = s.s ? strcspn(s.s, "T") : 0, i;
    bool date = false;
    for (size_t k = 0; k < 3; k++) {
        for (i = 0; i < n && forms[k][i] &&
                    (forms[k][i] == 'd' ? s.s[i] >= '0' && s.s[i] <= '9' : s.s[i] == forms[k][i]);)
            i++;
        date |= i == n && n > 0 && !forms[k][i];
    }
    *instant = date && n == 10 && s.n >= 20 && (s.s[s.n - 1] == 'Z' || strchr("+-", s.s[s.n - 6]));
    return date && (s.n == n || *instant);
}

/* A reader takes one byte order mark for the encoding. A text that begins with one gets another. */
static int encode(buf *data, export_string text)
{
    buf bytes = {0};
    const bool mark = text.n >= 3 && memcmp(text.s, "\xef\xbb\xbf", 3) == 0;
    const int result = buf_add(&bytes, text.s, mark ? 3 : 0) || buf_add(&bytes, text.s, text.n) ||
                       base64_encode(data, bytes.data, bytes.len);
    buf_free(&bytes);
    return result ? -1 : 0;
}

static int put_note(export *x, const export_encounter *e, const export_note *n)
{
    char url[UUID];
    bool instant;
    buf data = {0};
    if (note_url(x, e, n->id, url) || encode(&data, n->text))
        return -1;
    json_t *r = resource("DocumentReference", url), *content = json_object(), *context = json_object();
    ecan_json_set(r, "masterIdentifier", pair("value", text_json(n->id), NULL, NULL));
    ecan_json_set(r, "status", json_string("current"));
    if (n->type.n)
        ecan_json_set(r, "type", pair("text", text_json(n->type), NULL, NULL));
    ecan_json_set(r, "subject", subject(x, e));
    if (!is_patient(e->id))
        ecan_json_set(context, "encounter", one(refer(x, "Encounter", e->id)));
    if (is_date(n->date, &instant))
        ecan_json_set(instant ? r : context, instant ? "date" : "period",
                      instant ? text_json(n->date) : pair("start", text_json(n->date), NULL, NULL));
    else if (n->date.n)
        left_out_add(x->left_out, "date", "it is no date of FHIR, as 2024-03-01", 1);
    ecan_json_set(content, "contentType", json_string("text/plain; charset=utf-8"));
    if (n->language.n)
        ecan_json_set(content, "language", text_json(n->language));
    ecan_json_set(content, data.len ? "data" : "size",
                  data.len ? json_stringn((const char *)data.data, data.len) : json_integer(0));
    ecan_json_set(r, "content", one(pair("attachment", content, NULL, NULL)));
    if (json_object_size(context) > 0)
        ecan_json_set(r, "context", context);
    else
        json_decref(context);
    buf_free(&data);
    return put_resource(x, url, true, r);
}

/* ---- codes ---- */

static json_t *extension(const char *url, const char *key, json_t *value)
{
    return pair("url", json_string(url), key, value);
}

/* The passage is an extension of Condition.evidence, which refers to the note. */
static json_t *evidence(export *x, const export_encounter *e, const export_passage *p)
{
    char url[UUID];
    json_t *parts = json_array();
    ecan_json_append(parts, extension("begin", "valueUnsignedInt", json_integer((json_int_t)p->begin)));
    ecan_json_append(parts, extension("end", "valueUnsignedInt", json_integer((json_int_t)p->end)));
    ecan_json_append(parts, extension("unit", "valueCode", json_string(offset_unit_name(x->o->unit))));
    if (p->text.n)
        ecan_json_append(parts, extension("text", "valueString", text_json(p->text)));
    json_t *detail = NULL;
    if (!x->o->with_notes)
        detail = refer(x, "DocumentReference", p->note);
    else if (note_url(x, e, p->note, url) == 0)
        detail = pair("reference", json_string(url), NULL, NULL);
    return pair("extension", one(extension(EXPORT_PASSAGE, "extension", parts)), "detail", one(detail));
}

/* The score, and what the coder said. */
static json_t *extensions(const export_code *c)
{
    json_t *all = json_array();
    if (!isnan(c->score))
        ecan_json_append(all, extension(EXPORT_SCORE, "valueDecimal", ecan_json_float((float)c->score)));
    if (c->principal)
        ecan_json_append(all, extension(EXPORT_PRINCIPAL, "valueBoolean", json_true()));
    if (c->order)
        ecan_json_append(all, extension(EXPORT_ORDER, "valuePositiveInt", json_integer(c->order)));
    if (c->admission.n)
        ecan_json_append(all, extension(EXPORT_ADMISSION, "valueCode", text_json(c->admission)));
    return all;
}

static json_t *condition(export *x, const export_encounter *e, const export_code *c, const char *url)
{
    json_t *r = resource("Condition", url), *coding = json_object(), *all = json_array();
    if (!isnan(c->score) || c->principal || c->order || c->admission.n)
        ecan_json_set(r, "extension", extensions(c));
    ecan_json_set(r, "verificationStatus",
                  concept(TERMINOLOGY "condition-ver-status", c->accepted ? "confirmed" : "unconfirmed"));
    ecan_json_set(r, "category", one(concept(TERMINOLOGY "condition-category", "encounter-diagnosis")));
    if (x->o->code_system)
        ecan_json_set(coding, "system", json_string(x->o->code_system));
    ecan_json_set(coding, "code", text_json(c->code));
    if (c->description.n)
        ecan_json_set(coding, "display", text_json(c->description));
    ecan_json_set(r, "code", pair("coding", one(coding), NULL, NULL));
    ecan_json_set(r, "subject", subject(x, e));
    if (!is_patient(e->id))
        ecan_json_set(r, "encounter", refer(x, "Encounter", e->id));
    for (size_t i = 0; i < c->n; i++)
        ecan_json_append(all, evidence(x, e, &e->passages[c->first + i]));
    if (c->n)
        ecan_json_set(r, "evidence", all);
    else
        json_decref(all);
    return r;
}

/* ---- who ---- */

/* Proposals are assembled by the software. Proposals that a coder accepted are verified by the coder, who is
 * the author of other codes. */
enum { ASSEMBLER, VERIFIER, AUTHOR, ROLES };
static const char *const roles[ROLES] = {"assembler", "verifier", "author"};

static json_t *who(const export *x, int role, const char *device)
{
    const char *type, *coder = x->o->coder ? x->o->coder : "coder";
    if (role == ASSEMBLER)
        return pair("reference", json_string(device), "display", json_string("ecan " ECAN_VERSION));
    return pair(fhir_is_reference(coder, &type) ? "reference" : "display", json_string(coder), NULL, NULL);
}

/* The provenance of the conditions in targets, which is taken; nothing if there are none. */
static int put_provenance(export *x, const export_encounter *e, json_t *targets, int role, const char *device)
{
    char url[UUID];
    const export_string parts[] = {string_of("provenance"), e->id, string_of(roles[role]),
                                   string_of(x->o->recorded)};
    const size_t n = json_array_size(targets);
    if (n == 0 || make_uuid(&x->line, parts, 4, url)) {
        json_decref(targets);
        return n ? -1 : 0;
    }
    json_t *r = resource("Provenance", NULL);
    ecan_json_set(r, "target", targets);
    ecan_json_set(r, "recorded", json_string(x->o->recorded));
    ecan_json_set(r, "agent",
                  one(pair("type", concept(TERMINOLOGY "provenance-participant-type", roles[role]), "who",
                           who(x, role, device))));
    return put_resource(x, url, false, r);
}

/* ---- the bundle ---- */

static int put_codes(export *x, const export_encounter *e, json_t *targets[ROLES])
{
    char url[UUID];
    for (size_t i = 0; i < e->n_codes; i++) {
        const export_code *c = &e->codes[i];
        const export_string parts[] = {string_of("condition"), string_of(x->o->code_system), e->id, c->code};
        if (make_uuid(&x->line, parts, 4, url) || put_resource(x, url, true, condition(x, e, c, url)))
            return -1;
        if (c->proposed)
            ecan_json_append(targets[ASSEMBLER], pair("reference", json_string(url), NULL, NULL));
        if (c->accepted)
            ecan_json_append(targets[c->proposed ? VERIFIER : AUTHOR],
                             pair("reference", json_string(url), NULL, NULL));
    }
    x->codes += e->n_codes;
    x->no_patient += e->n_codes > 0 && e->patient.n == 0 && !is_patient(e->id);
    return 0;
}

int export_fhir(export *x, export_encounter *e)
{
    char device[UUID] = "";
    json_t *targets[ROLES] = {json_array(), json_array(), json_array()};
    bool proposed = false;
    for (size_t i = 0; i < e->n_codes; i++)
        proposed |= e->codes[i].proposed;
    int result = export_place(x, e, x->o->unit);
    if (!result && x->o->with_notes && !e->has_notes)
        result = err_set("its notes are unknown: name their file with --notes");
    if (!result && proposed)
        result = put_device(x, device);
    for (size_t i = 0; !result && x->o->with_notes && i < e->n_notes; i++)
        result = put_note(x, e, &e->notes[i]);
    if (!result)
        result = put_codes(x, e, targets);
    for (int role = 0; role < ROLES; role++)
        if (result)
            json_decref(targets[role]);
        else
            result = put_provenance(x, e, targets[role], role, device);
    return result;
}

int export_fhir_end(export *x)
{
    if (export_check(x))
        return -1;
    fputs("\n]}\n", x->f);
    return 0;
}
