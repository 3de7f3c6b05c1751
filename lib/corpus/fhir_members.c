/* SPDX-License-Identifier: Apache-2.0 */
/* Members of resources of FHIR. */
#include "base/err.h"
#include "base/printable.h"
#include "corpus/fhir.h"

#include <string.h>
#include <strings.h>

json_t *fhir_array(const json_t *object, const char *key)
{
    json_t *v = json_object_get(object, key);
    return json_is_array(v) ? v : NULL;
}

const char *fhir_string(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s && *s ? s : NULL;
}

const char *fhir_reference(const json_t *value)
{
    if (json_is_array(value)) {
        const char *first = NULL;
        for (size_t i = 0; i < json_array_size(value); i++) {
            const char *s = fhir_reference(json_array_get(value, i));
            if (s && strstr(s, "Encounter/"))
                return s;
            first = first ? first : s;
        }
        return first;
    }
    const json_t *reference = json_object_get(value, "reference");
    if (json_is_object(reference))
        return fhir_reference(reference);
    if (reference)
        return fhir_string(value, "reference");
    return fhir_string(json_object_get(value, "identifier"), "value");
}

const char *fhir_concept(const json_t *concept)
{
    const json_t *coding = json_array_get(fhir_array(concept, "coding"), 0);
    const char *text = fhir_string(concept, "text");
    text = text ? text : fhir_string(coding, "display");
    return text ? text : fhir_string(coding, "code");
}

static bool is_one_of(const char *s, const char *const *words)
{
    for (; s && *words; words++)
        if (strcasecmp(s, *words) == 0)
            return true;
    return false;
}

bool fhir_has_code(const json_t *value, const char *const *words)
{
    if (is_one_of(json_string_value(value), words) || is_one_of(fhir_string(value, "text"), words))
        return true;
    const json_t *codings = fhir_array(value, "coding");
    for (size_t i = 0; i < json_array_size(codings); i++)
        if (is_one_of(fhir_string(json_array_get(codings, i), "code"), words))
            return true;
    return false;
}

int fhir_error(const fhir_resource *r)
{
    const char *name = r->id ? r->id : r->full_url ? r->full_url : "without id";
    char shown[PRINTABLE_ROOM];
    return err_prefix("%s: %.40s %s: ", strcmp(r->path, "-") == 0 ? "standard input" : r->path, r->type,
                      printable_id(shown, name, strlen(name)));
}

const char *fhir_note_id(const fhir_resource *r)
{
    const char *master = fhir_string(json_object_get(r->json, "masterIdentifier"), "value");
    return r->id ? r->id : master ? master : r->full_url;
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

const char *fhir_identifier_value(const char *key)
{
    const char *bar = strchr(key, '|'), *colon = strchr(key, ':');
    return bar && colon && colon < bar && bar[1] ? bar + 1 : NULL;
}

bool fhir_is_reference(const char *key, const char **type)
{
    const char *slash = strrchr(key, '/'), *t = slash;
    while (t && t > key && is_letter(t[-1]))
        t--;
    *type = t;
    return t && t < slash && *t >= 'A' && *t <= 'Z' && (t == key || t[-1] == '/') && slash[1];
}

/* What a document or a code belongs to: its encounter or, if it names none, its subject. */
const char *fhir_encounter_of(const json_t *json)
{
    const json_t *context = json_object_get(json, "context");
    const char *s = fhir_reference(json_object_get(json, "encounter"));
    if (!s)
        s = json_object_get(context, "encounter") ? fhir_reference(json_object_get(context, "encounter"))
                                                  : fhir_reference(context);
    return s ? s : fhir_reference(json_object_get(json, "subject"));
}

bool fhir_has_status(const json_t *json, const char *key, const char *const *words)
{
    return fhir_has_code(json_object_get(json, key), words);
}

static const char *const in_error[] = {"entered-in-error", NULL};

/* An encounter that was entered in error has no notes and no codes. */
bool fhir_is_in_error(const fhir *f, int32_t encounter)
{
    const fhir_resource *r = fhir_find(f, encounter);
    return r && fhir_has_status(r->json, "status", in_error);
}
