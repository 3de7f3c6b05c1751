/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/mem.h"
#include "corpus/fhir.h"
#include "io/decode.h"

#include <stdlib.h>
#include <string.h>

int fhir_open(fhir *f, convert *v)
{
    *f = (fhir){.v = v, .keys = map_new(), .bases = map_new()};
    return f->keys && f->bases ? 0 : -1;
}

void fhir_close(fhir *f)
{
    for (size_t i = 0; i < f->n_files; i++)
        json_decref(f->files[i]);
    for (int32_t i = 0; f->bases && i < map_size(f->bases); i++)
        mem_free(f->base[i]);
    map_free(f->keys);
    map_free(f->bases);
    mem_free(f->files);
    mem_free(f->resources);
    mem_free(f->key);
    mem_free(f->base);
    buf_free(&f->name);
}

/* ---- keys ---- */

/* Where TYPE/ID begins at the end of a reference; n if it does not end so. */
static size_t find_type(const char *s, size_t n)
{
    const char *id = memrchr(s, '/', n);
    const char *type = id && id > s ? memrchr(s, '/', id - s) : NULL;
    const size_t at = type ? type + 1 - s : 0;
    return id && s[at] >= 'A' && s[at] <= 'Z' ? at : n;
}

/* The length without what may follow TYPE/ID: a version (/_history/2), a fragment, a query, a slash. */
static size_t reference_length(const char *s, size_t n)
{
    const char *version = memmem(s, n, "/_history/", 10);
    const size_t whole = (version ? version : s + n) - s;
    size_t end = 0;
    while (end < whole && !strchr("?#", s[end]))
        end++;
    while (end > 0 && s[end - 1] == '/')
        end--;
    return find_type(s, end) < end ? end : whole;
}

static int32_t add_key(fhir *f, const char *s, size_t n)
{
    const int32_t there = map_find(f->keys, s, n);
    if (there >= 0)
        return there;
    if (mem_grow(&f->key, &f->cap_key, map_size(f->keys) + 1, sizeof *f->key))
        return -1;
    const int32_t key = map_add(f->keys, s, n);
    if (key < 0)
        return -1;
    f->key[key] = (fhir_key_state){.alias = key, .resource = -1, .encounter = -1};
    return key;
}

/* Whether TYPE/ID on that server was the first to be seen with this name. -1: memory is out. */
static int is_first_base(fhir *f, const char *name, size_t n, const char *base, size_t size)
{
    if (size == 0)
        return 1;
    int32_t i = map_find(f->bases, name, n);
    if (strncmp(base, "https:", 6) == 0 || strncmp(base, "http:", 5) == 0) { /* the same server */
        const size_t scheme = strcspn(base, ":");
        base += scheme;
        size -= scheme;
    }
    if (i >= 0)
        return strlen(f->base[i]) == size && memcmp(f->base[i], base, size) == 0;
    if (mem_grow(&f->base, &f->cap_base, map_size(f->bases) + 1, sizeof *f->base))
        return -1;
    char *copy = mem_strndup(base, size);
    if (!copy || (i = map_add(f->bases, name, n)) < 0) {
        mem_free(copy);
        return -1;
    }
    f->base[i] = copy;
    return 1;
}

/* The key of the name s[at .. n) on the server s[0 .. at). A relative name is on the server of the owner. */
static int32_t key_of(fhir *f, const char *full_url, const char *s, size_t n)
{
    const bool absolute = n > 0 && *s == '/';
    s += absolute;
    n -= absolute;
    const size_t at = find_type(s, n);
    if (at == n)
        return add_key(f, s, n);
    const char *base = s;
    size_t size = at;
    if (size == 0 && full_url && strncmp(full_url, "http", 4) == 0) {
        base = full_url;
        size = find_type(full_url, reference_length(full_url, strlen(full_url)));
    }
    const int first = is_first_base(f, s + at, n - at, base, size);
    if (first)
        return first < 0 ? -1 : add_key(f, s + at, n - at);
    f->name.len = 0;
    return buf_add(&f->name, base, size) || buf_add(&f->name, s + at, n - at)
               ? -1
               : add_key(f, (const char *)f->name.data, f->name.len);
}

/* The key of SYSTEM|VALUE. An encounter can have the identifier without its system. */
static int32_t key_of_identifier(fhir *f, const char *s)
{
    const char *value = fhir_identifier_value(s);
    const int32_t key = map_find(f->keys, s, strlen(s)), other = map_find(f->keys, value, strlen(value));
    const bool known = key >= 0 && f->key[key].alias != key;
    return !known && other >= 0 && f->key[other].alias != other ? other : add_key(f, s, strlen(s));
}

int32_t fhir_key(fhir *f, const fhir_resource *owner, const char *reference)
{
    int32_t key = -1;
    while (reference && *reference == ' ')
        reference++;
    if (!reference || !*reference)
        return -1;
    if (*reference == '#') { /* a contained resource: its key is that of the owner with this appended */
        const char *name = owner->id ? owner->id : owner->full_url ? owner->full_url : owner->path;
        f->name.len = 0;
        if (!buf_add(&f->name, name, strlen(name)) && !buf_add(&f->name, reference, strlen(reference)))
            key = add_key(f, (const char *)f->name.data, f->name.len);
    } else if (fhir_identifier_value(reference)) {
        key = key_of_identifier(f, reference);
    } else {
        key = key_of(f, owner->full_url, reference, reference_length(reference, strlen(reference)));
    }
    f->out_of_memory |= key < 0;
    return key < 0 ? -1 : f->key[key].alias;
}

fhir_resource *fhir_find(const fhir *f, int32_t key)
{
    return key >= 0 && f->key[key].resource >= 0 ? &f->resources[f->key[key].resource] : NULL;
}

json_t *fhir_contained(const fhir_resource *owner, const char *reference)
{
    const json_t *all = fhir_array(owner->json, "contained");
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *one = json_array_get(all, i);
        const char *id = fhir_string(one, "id");
        if (id && strcmp(id + (*id == '#'), reference + 1) == 0)
            return one;
    }
    return NULL;
}

/* ---- reading ---- */

/* Compares versions: > 0 if b is later than a, < 0 if it is earlier, 0 if unknown. */
static int compare_versions(const json_t *a, const json_t *b)
{
    const json_t *from = json_object_get(a, "meta"), *to = json_object_get(b, "meta");
    const char *x = fhir_string(from, "versionId"), *y = fhir_string(to, "versionId");
    char *x_end = NULL, *y_end = NULL;
    const long long i = x ? strtoll(x, &x_end, 10) : 0, j = y ? strtoll(y, &y_end, 10) : 0;
    if (x && y && !*x_end && !*y_end && i != j)
        return j > i ? 1 : -1;
    x = fhir_string(from, "lastUpdated");
    y = fhir_string(to, "lastUpdated");
    return x && y ? strcmp(y, x) : 0;
}

/* Whether the resource replaces the one that already has its key. history: the newest comes first. */
static bool replaces(const fhir *f, const fhir_resource *old, const fhir_resource *r, bool history)
{
    const int order = compare_versions(old->json, r->json);
    convert_left_out(f->v, "resource",
                     order || history ? "a later version of it is in the input"
                                      : "another one with the same type and id comes later",
                     1);
    return order > 0 || (order == 0 && !history);
}

static int add_alias(fhir *f, const char *s, size_t n, int32_t key)
{
    const int32_t k = add_key(f, s, n);
    if (k >= 0 && f->key[k].resource < 0)
        f->key[k].alias = key;
    return k < 0 ? -1 : 0;
}

/* Encounters can also be referred to by an identifier. */
static int add_identifiers(fhir *f, const json_t *json, int32_t key)
{
    const json_t *all = fhir_array(json, "identifier");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const char *value = fhir_string(json_array_get(all, i), "value"),
                   *system = fhir_string(json_array_get(all, i), "system");
        f->name.len = 0;
        if (value && (add_alias(f, value, strlen(value), key) ||
                      (system && (buf_add(&f->name, system, strlen(system)) || buf_add(&f->name, "|", 1) ||
                                  buf_add(&f->name, value, strlen(value)) ||
                                  add_alias(f, (const char *)f->name.data, f->name.len, key)))))
            return -1;
    }
    return 0;
}

/* Makes each logical reference with a URI as system the reference SYSTEM|VALUE: the same value can be of
 * two systems. 0 or -1. */
static int name_identifiers(json_t *json, int depth)
{
    const char *key;
    json_t *v;
    size_t i;
    if (json_is_array(json)) {
        json_array_foreach(json, i, v) if (name_identifiers(v, depth + 1)) return -1;
        return 0;
    }
    json_t *identifier = json_object_get(json, "identifier");
    const char *system = fhir_string(identifier, "system"), *value = fhir_string(identifier, "value");
    if (system && strchr(system, ':') && value && !json_object_get(json, "reference")) {
        const int failed = json_object_set_new(json, "reference", json_sprintf("%s|%s", system, value));
        if (failed)
            return err_memory("out of memory");
    }
    if (json_is_object(json))
        json_object_foreach(json, key, v) if (depth < WALK_DEPTH && name_identifiers(v, depth + 1)) return -1;
    return 0;
}

/* Finds the key of the resource and makes its fullUrl an alias. *key: -1 if it has no key. */
static int name_resource(fhir *f, const fhir_resource *r, int32_t *key)
{
    *key = -1;
    if (r->id) {
        buf name = {0};
        if (buf_add(&name, r->type, strlen(r->type)) || buf_add(&name, "/", 1) ||
            buf_add(&name, r->id, strlen(r->id)) ||
            (*key = key_of(f, r->full_url, (const char *)name.data, name.len)) < 0) {
            buf_free(&name);
            return -1;
        }
        buf_free(&name);
    }
    if (!r->full_url)
        return 0;
    const int32_t url = key_of(f, NULL, r->full_url, reference_length(r->full_url, strlen(r->full_url)));
    if (url < 0)
        return -1;
    if (*key < 0)
        *key = url;
    f->key[url].alias = *key;
    return 0;
}

static int add_one(fhir *f, fhir_resource r, bool history)
{
    int32_t key;
    if (f->n >= INT32_MAX || name_identifiers(r.json, 0) || name_resource(f, &r, &key))
        return -1;
    fhir_resource *old = fhir_find(f, key);
    if (old && json_equal(old->json, r.json))
        return 0;
    if (key >= 0 && f->key[key].deleted) {
        convert_left_out(f->v, "resource", "it was deleted later", 1);
        return 0;
    }
    if (old && !replaces(f, old, &r, history))
        return 0;
    if (old)
        old->gone = true;
    if (mem_grow(&f->resources, &f->cap, f->n + 1, sizeof *f->resources))
        return -1;
    f->resources[f->n++] = r;
    if (key >= 0)
        f->key[key].resource = (int32_t)f->n - 1;
    return key >= 0 && strcmp(r.type, "Encounter") == 0 ? add_identifiers(f, r.json, key) : 0;
}

static int add_value(fhir *f, json_t *json, const char *full_url, const char *path, bool history);

/* In a history, an entry about a deletion hides the older entries of that resource. */
static int add_deletion(fhir *f, const json_t *entry)
{
    const json_t *request = json_object_get(entry, "request");
    const char *method = fhir_string(request, "method"), *url = fhir_string(entry, "fullUrl");
    url = url ? url : fhir_string(request, "url");
    if (!method || strcmp(method, "DELETE") != 0 || !url)
        return 0;
    const int32_t key = key_of(f, NULL, url, reference_length(url, strlen(url)));
    if (key < 0)
        return -1;
    f->key[key].deleted = !fhir_find(f, f->key[key].alias);
    return 0;
}

static int add_bundle(fhir *f, const json_t *bundle, const char *path)
{
    const char *type = fhir_string(bundle, "type");
    const bool history = type && strcmp(type, "history") == 0;
    const json_t *entries = fhir_array(bundle, "entry");
    for (size_t i = 0; i < json_array_size(entries); i++) {
        json_t *entry = json_array_get(entries, i), *resource = json_object_get(entry, "resource");
        const int result = resource  ? add_value(f, resource, fhir_string(entry, "fullUrl"), path, history)
                           : history ? add_deletion(f, entry)
                                     : 0;
        if (result) {
            err_prefix("entry %zu: ", i + 1);
            if (convert_bad(f->v))
                return -1;
        }
    }
    return 0;
}

static int add_value(fhir *f, json_t *json, const char *full_url, const char *path, bool history)
{
    const char *type = fhir_string(json, "resourceType");
    if (json_is_array(json)) {
        for (size_t i = 0; i < json_array_size(json); i++)
            if (add_value(f, json_array_get(json, i), NULL, path, history))
                return -1;
        return 0;
    }
    if (!type)
        return err_set("not a FHIR resource: no resourceType");
    if (strcmp(type, "Bundle") == 0)
        return add_bundle(f, json, path);
    return add_one(f, (fhir_resource){json, type, fhir_string(json, "id"), full_url, path, false, false},
                   history);
}

/* Adds the value. f owns it, also on failure. */
static int keep_value(fhir *f, json_t *json, const char *path)
{
    if (mem_grow(&f->files, &f->cap_files, f->n_files + 1, sizeof *f->files)) {
        json_decref(json);
        return -1;
    }
    f->files[f->n_files++] = json;
    return add_value(f, json, NULL, path, false);
}

static int read_values(fhir *f, ecan_json_reader *in, const char *path)
{
    json_t *json;
    for (int got; (got = ecan_json_next(in, &json)) != 0;) {
        if (got > 0 && keep_value(f, json, path) == 0)
            continue;
        if (got > 0)
            err_prefix("line %zu: ", in->line);
        err_prefix("%s: ", path);
        if (convert_bad(f->v))
            return -1;
        if (got < 0)
            ecan_json_skip(in);
    }
    return 0;
}

int fhir_read(fhir *f, const char *path)
{
    buf text = {0};
    ecan_json_reader in = {0};
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    int result = decode_file(&text, path, f->v->o.encoding);
    if (!result && ecan_json_open(&in, (const char *)text.data, text.len))
        result = err_prefix("%s: ", name);
    if (!result)
        result = read_values(f, &in, name);
    ecan_json_close(&in);
    buf_free(&text);
    return result;
}
