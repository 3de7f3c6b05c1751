/* SPDX-License-Identifier: Apache-2.0 */
/* Resources of FHIR R4 and R5 (and of STU3 where it differs little) as JSON, and references between them.
 *
 * A resource is found by its key, "Encounter/e1", whether a reference is relative, absolute, of a version, or
 * the fullUrl of an entry of a bundle. Where two servers have a resource of that name, the key of the second
 * one's is its URL. A resource without id has its fullUrl as key. */
#ifndef ECAN_CORPUS_FHIR_H
#define ECAN_CORPUS_FHIR_H

#include "base/map.h"
#include "corpus/convert.h"
#include "io/json.h"

typedef struct fhir_resource {
    json_t *json;         /* borrowed from the file's value */
    const char *type;     /* "Condition" */
    const char *id;       /* NULL: none */
    const char *full_url; /* NULL: none */
    const char *path;     /* of its file */
    bool gone;            /* an older version, or deleted */
    bool linked;          /* a condition that an encounter names */
} fhir_resource;

typedef struct fhir_key_state {
    int32_t alias;     /* the key that the resource is under, usually this one */
    int32_t resource;  /* -1: it is not in the input */
    int32_t encounter; /* of the collection; -1: it has no note */
    bool deleted;
} fhir_key_state;

typedef struct fhir {
    convert *v;
    json_t **files; /* values of the files */
    size_t n_files, cap_files;
    fhir_resource *resources;
    size_t n, cap;
    map *keys;           /* keys, also of what is not in the input */
    fhir_key_state *key; /* [keys] */
    size_t cap_key;
    map *bases; /* "Encounter/e1" -> the server that it was first seen on */
    char **base;
    size_t cap_base;
    buf name;
} fhir;

int fhir_open(fhir *f, convert *v);
void fhir_close(fhir *f);

/* Adds the resources of a file: JSON values after each other, bundles or resources. 0 or -1. */
int fhir_read(fhir *f, const char *path);

/* The number of the key of what the owner refers to; -1 where the reference is empty, or memory is out. */
int32_t fhir_key(fhir *f, const fhir_resource *owner, const char *reference);
/* The resource of that key, or NULL. */
fhir_resource *fhir_find(const fhir *f, int32_t key);
/* A resource that the owner contains, by "#id"; NULL. */
json_t *fhir_contained(const fhir_resource *owner, const char *reference);

/* Members; NULL where there is none of that type. */
json_t *fhir_array(const json_t *object, const char *key);
const char *fhir_string(const json_t *object, const char *key);
/* The reference of a Reference, an array of them (the first, one to an Encounter before others), or a
 * CodeableReference. */
const char *fhir_reference(const json_t *value);
/* What a CodeableConcept is called: its text, or the display or code of its first coding. */
const char *fhir_concept(const json_t *concept);
/* Whether a code, or a coding of a CodeableConcept, is one of the words. */
bool fhir_has_code(const json_t *value, const char *const *words);

/* "bundle.json: DocumentReference d1: " before the message; returns -1. */
int fhir_error(const fhir_resource *r);

/* ---- attachments ---- */

/* The text of an attachment of the owner: 1; 0: left out, which was counted; -1 with the message set. plain:
 * only text/plain; otherwise only what --convert names. *binary: the Binary it is in, or NULL. */
int fhir_attachment(fhir *f, const fhir_resource *owner, const json_t *attachment, bool plain, buf *text,
                    const json_t **binary);

/* Bytes of a media type through the command of --convert: 1; 0: there is none; -1. */
int fhir_convert(const convert *v, const char *type, size_t n, const unsigned char *bytes, size_t size,
                 buf *text);

#endif
