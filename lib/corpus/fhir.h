/* SPDX-License-Identifier: Apache-2.0 */
/* Resources of FHIR R4 and R5 (and of STU3 where it is similar) as JSON, and references between them.
 * A resource is found by its key, "Encounter/e1", whether a reference is relative, absolute, with a
 * version, or the fullUrl of an entry of a bundle. If two servers have a resource of the same name, the
 * key of the second one is its URL. The key of a resource without id is its fullUrl. */
#ifndef ECAN_CORPUS_FHIR_H
#define ECAN_CORPUS_FHIR_H

#include "base/map.h"
#include "corpus/convert.h"
#include "io/json.h"

typedef struct fhir_resource {
    json_t *json;         /* borrowed from the value of the file */
    const char *type;     /* "Condition" */
    const char *id;       /* NULL: none */
    const char *full_url; /* NULL: none */
    const char *path;     /* path of its file */
    bool gone;            /* an older version, or a deleted resource */
    bool linked;          /* a condition that an encounter refers to */
} fhir_resource;

typedef struct fhir_key_state {
    int32_t alias;     /* the key that has the resource, usually this one */
    int32_t resource;  /* -1: not in the input */
    int32_t encounter; /* index in the collection; -1: it has no note */
    bool deleted;
} fhir_key_state;

typedef struct fhir {
    convert *v;
    json_t **files; /* the values of the files */
    size_t n_files, cap_files;
    fhir_resource *resources;
    size_t n, cap;
    map *keys;           /* keys, including those that are not in the input */
    fhir_key_state *key; /* [keys] */
    size_t cap_key;
    map *bases; /* "Encounter/e1" -> the server on which it was seen first */
    char **base;
    size_t cap_base;
    buf name;
    uint64_t unconfirmed; /* codes of conditions that nobody confirmed */
    bool out_of_memory;   /* a key or what an encounter has is missing */
} fhir;

int fhir_open(fhir *f, convert *v);
void fhir_close(fhir *f);

/* Adds the resources of a file: a sequence of JSON values, each a bundle or a resource. 0 or -1. */
int fhir_read(fhir *f, const char *path);

/* The number of the key that the reference of the owner has. -1: the reference is empty, or memory is out. */
int32_t fhir_key(fhir *f, const fhir_resource *owner, const char *reference);
/* The resource with that key, or NULL. */
fhir_resource *fhir_find(const fhir *f, int32_t key);
/* The resource "#id" that the owner contains, or NULL. */
json_t *fhir_contained(const fhir_resource *owner, const char *reference);

/* Members of an object; NULL if there is no member of that type. */
json_t *fhir_array(const json_t *object, const char *key);
const char *fhir_string(const json_t *object, const char *key);
/* The reference in a Reference, in an array of them (one to an Encounter if there is one, otherwise the
 * first), or in a CodeableReference. */
const char *fhir_reference(const json_t *value);
/* The name of a CodeableConcept: its text, or the display or code of its first coding. */
const char *fhir_concept(const json_t *concept);
/* Whether a code, or the text or a coding of a CodeableConcept, is one of the words, in any case. */
bool fhir_has_code(const json_t *value, const char *const *words);

/* What a document or a code belongs to: its encounter or, if it names none, its subject. */
const char *fhir_encounter_of(const json_t *json);
/* Whether a member is one of the words. */
bool fhir_has_status(const json_t *json, const char *key, const char *const *words);
/* An encounter that was entered in error has no notes and no codes. */
bool fhir_is_in_error(const fhir *f, int32_t encounter);

/* Whether a key is TYPE/ID, or a URL that ends so. *type: where the type begins. */
bool fhir_is_reference(const char *key, const char **type);
/* The value, if a key is an identifier with its system, SYSTEM|VALUE, whose system is a URI. Otherwise NULL.
 */
const char *fhir_identifier_value(const char *key);
/* The id of the notes of a document: its id, master identifier or fullUrl. NULL: none. */
const char *fhir_note_id(const fhir_resource *r);

/* Adds the codes of all resources to the encounters of the notes (fhir_codes.c). 0 or -1. */
int fhir_read_codes(fhir *f);

/* Prefixes the message with, for example, "bundle.json: DocumentReference d1: ". Returns -1. */
int fhir_error(const fhir_resource *r);

/* ---- attachments ---- */

/* Reads the text of an attachment of the owner. Returns 1; 0 if it is left out, which was counted; or -1
 * with the message set. plain: only text/plain; otherwise only media types of --convert. *binary: the
 * Binary that has the data, or NULL. */
int fhir_attachment(fhir *f, const fhir_resource *owner, const json_t *attachment, bool plain, buf *text,
                    const json_t **binary);

/* Converts bytes of a media type with the command of --convert. Returns 1; 0 if there is no command for
 * it; or -1. */
int fhir_convert(const convert *v, const char *type, size_t n, const unsigned char *bytes, size_t size,
                 buf *text);

#endif
