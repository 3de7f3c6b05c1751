/* SPDX-License-Identifier: Apache-2.0 */
/* FHIR: conditions, procedures and the diagnoses of encounters become codes. */
#include "base/err.h"
#include "corpus/convert_spans.h"
#include "corpus/export.h"
#include "corpus/fhir.h"
#include "text/labels.h"

#include <string.h>

static const char *const in_error[] = {"entered-in-error", NULL};
static const char *const unconfirmed[] = {"unconfirmed", "provisional", "differential", NULL};

/* ---- spans ---- */

/* The part of an extension with that URL. */
static const json_t *part_of(const json_t *extension, const char *url)
{
    const json_t *all = fhir_array(extension, "extension"), *found = NULL;
    for (size_t i = 0; !found && i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        const char *name = fhir_string(one, "url");
        found = name && strcmp(name, url) == 0 ? one : NULL;
    }
    return found;
}

static json_int_t number(const json_t *part)
{
    const json_t *v = json_object_get(part, "valueUnsignedInt");
    return json_is_integer(v) ? json_integer_value(v) : -1;
}

/* Adds the span of an element of Condition.evidence that ecan-export wrote (formats/exports.md). */
static int add_span(fhir *f, const fhir_resource *r, int32_t e, convert_slice code, const json_t *evidence)
{
    const json_t *passage = part_of(evidence, EXPORT_PASSAGE);
    if (!passage)
        return 0;
    const char *unit = fhir_string(part_of(passage, "unit"), "valueCode"),
               *reference = fhir_reference(json_object_get(evidence, "detail"));
    const json_int_t begin = number(part_of(passage, "begin")), end = number(part_of(passage, "end"));
    const int counted = unit ? offset_unit_find(unit) : -1;
    if (begin < 0 || end < 0 || counted < 0 || !reference) {
        convert_left_out(f->v, "span", "it has no unit, no offsets or no note", 1);
        return 0;
    }
    const fhir_resource *note = fhir_find(f, fhir_key(f, r, reference));
    const char *id = note ? fhir_note_id(note) : reference;
    return convert_add_span(f->v, e, code, (convert_slice){id, id ? strlen(id) : 0}, (size_t)begin,
                            (size_t)end, (offset_unit)counted);
}

/* r: the condition of the code; NULL: a diagnosis without one. */
static int add_spans(fhir *f, const fhir_resource *r, int32_t e, convert_slice code)
{
    const json_t *all = r && f->v->spans ? fhir_array(r->json, "evidence") : NULL;
    for (size_t i = 0; i < json_array_size(all); i++)
        if (add_span(f, r, e, code, json_array_get(all, i)))
            return -1;
    return 0;
}

/* ---- codes ---- */

/* Why the codes of a condition or procedure are left out; NULL: they are not. */
static const char *code_is_void(const json_t *json)
{
    static const char *const refuted[] = {"refuted", NULL};
    static const char *const not_done[] = {"not-done", "preparation", "aborted", NULL};
    if (fhir_has_status(json, "verificationStatus", in_error) || fhir_has_status(json, "status", in_error))
        return "it was entered in error";
    if (fhir_has_status(json, "verificationStatus", refuted))
        return "it was refuted";
    return fhir_has_status(json, "status", not_done) || json_is_true(json_object_get(json, "notDone"))
               ? "it was not done"
               : NULL;
}

/* Adds the codes of a CodeableConcept to the encounter of that key, with the spans of r, if it is not NULL. 0
 * or -1. */
static int add_codes(fhir *f, const fhir_resource *r, int32_t key, const json_t *concept)
{
    const json_t *codings = fhir_array(concept, "coding");
    const char *wanted = f->v->o.system;
    if (key < 0 || f->key[key].encounter < 0) {
        convert_left_out(f->v, "code", "its encounter has no note", 1);
        return 0;
    }
    size_t added = 0, other = 0;
    for (size_t i = 0; i < json_array_size(codings); i++) {
        const json_t *coding = json_array_get(codings, i);
        const char *s = fhir_string(coding, "code"), *system = fhir_string(coding, "system");
        const convert_slice code = convert_trim((convert_slice){s ? s : "", s ? strlen(s) : 0});
        if (code.n == 0)
            continue;
        if (wanted && !(system && strcasestr(system, wanted))) {
            other++;
            continue;
        }
        if (collection_label(f->v->c, f->key[key].encounter, code.s, code.n) ||
            add_spans(f, r, f->key[key].encounter, code))
            return -1;
        added++;
    }
    if (!added)
        convert_left_out(f->v, "code", other ? "it has no code of the --system" : "it has no code", 1);
    return 0;
}

static bool is_coded(const fhir_resource *r)
{
    return !r->gone && (strcmp(r->type, "Condition") == 0 || strcmp(r->type, "Procedure") == 0);
}

/* Adds the codes of a condition or procedure to its encounter, or to the encounter that refers to it. */
static int add_resource_codes(fhir *f, const fhir_resource *r, int32_t key)
{
    const char *why = code_is_void(r->json);
    if (!why && fhir_is_in_error(f, key))
        why = "its encounter was entered in error";
    if (why) {
        convert_left_out(f->v, "code", why, 1);
        return 0;
    }
    f->unconfirmed += fhir_has_status(r->json, "verificationStatus", unconfirmed);
    return add_codes(f, r, key, json_object_get(r->json, "code")) ? fhir_error(r) : 0;
}

/* Adds a diagnosis of an encounter: a reference to a condition or, in R5, possibly the concept itself. */
static int add_diagnosis(fhir *f, const fhir_resource *encounter, int32_t key, const json_t *value)
{
    const json_t *concept = json_object_get(value, "concept");
    const char *reference = fhir_reference(value);
    f->v->labelled = COLLECTION_LABELLED;
    if (concept)
        return add_codes(f, NULL, key, concept);
    if (reference && *reference == '#') {
        const json_t *json = fhir_contained(encounter, reference);
        const char *why = json ? code_is_void(json) : "it is not in the input";
        if (!why)
            return add_codes(f, NULL, key, json_object_get(json, "code"));
        convert_left_out(f->v, "code", why, 1);
        return 0;
    }
    fhir_resource *r = fhir_find(f, fhir_key(f, encounter, reference));
    if (!r || !is_coded(r)) {
        convert_left_out(f->v, "code", "it is not in the input", 1);
        return 0;
    }
    r->linked = true;
    return add_resource_codes(f, r, key);
}

static int add_diagnoses(fhir *f, fhir_resource *encounter)
{
    const json_t *all = fhir_array(encounter->json, "diagnosis");
    if (encounter->gone || !all || fhir_has_status(encounter->json, "status", in_error))
        return 0;
    char name[512];
    snprintf(name, sizeof name, "Encounter/%.500s", encounter->id ? encounter->id : "");
    const int32_t key = fhir_key(f, encounter, encounter->id ? name : encounter->full_url);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *condition = json_object_get(json_array_get(all, i), "condition");
        const size_t n = json_is_array(condition) ? json_array_size(condition) : condition != NULL;
        for (size_t k = 0; k < n; k++)
            if (add_diagnosis(f, encounter, key,
                              json_is_array(condition) ? json_array_get(condition, k) : condition))
                return -1;
    }
    return 0;
}

int fhir_read_codes(fhir *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->resources[i].type, "Encounter") == 0 && add_diagnoses(f, &f->resources[i]) &&
            (fhir_error(&f->resources[i]), convert_bad(f->v)))
            return -1;
    for (size_t i = 0; i < f->n; i++) {
        const fhir_resource *r = &f->resources[i];
        if (!is_coded(r))
            continue;
        f->v->labelled = COLLECTION_LABELLED;
        const char *own = fhir_reference(json_object_get(r->json, "encounter"));
        if (r->linked && !own && !fhir_reference(json_object_get(r->json, "context")))
            continue; /* it is added as a diagnosis of the encounter that refers to it */
        if (add_resource_codes(f, r, fhir_key(f, r, fhir_encounter_of(r->json))) && convert_bad(f->v))
            return -1;
    }
    return 0;
}
