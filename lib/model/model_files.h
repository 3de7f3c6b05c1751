/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a model folder and their hashes; for model.c and model_write.c.
 *
 * config.json has the hash of each file in "files", and in "fingerprint" a hash of these. People edit
 * terms.tsv and scopes.tsv: their hashes are not in config.json. */
#ifndef ECAN_MODEL_MODEL_FILES_H
#define ECAN_MODEL_MODEL_FILES_H

#include "io/folder.h"
#include "io/json.h"

#include <stdbool.h>
#include <stddef.h>

/* Indices of model_files. */
enum { CONFIG, TENSORS, VOCAB, LABELS, LINEAR, TERMS, SCOPES, FILES };
enum {
    FIRST_HASHED = TENSORS,
    LAST_HASHED = LINEAR,
    HASHED = LAST_HASHED - FIRST_HASHED + 1, /* at most */
    REQUIRED = LABELS - FIRST_HASHED + 1     /* hashed files that every model has; they come first */
};

typedef char model_hash[FOLDER_HASH];

bool model_is_hash(const json_t *value);

/* The hash of n hashes, one after another. */
void model_combine(const char *of, int n, model_hash hex);

typedef struct model_contents {
    const void *data;
    size_t size;
} model_contents;

/* The fingerprint of versions before "files", of the n files that are hashed. */
void model_old_fingerprint(const model_contents *of, int n, model_hash hex);

/* config.json of a folder whose first file it is. Owned by the caller. NULL with the message set. */
/* Sets the message that the folder is no model, and names the model in it, as out/model in out. Returns -1.
 */
int model_is_none(const char *path);

json_t *model_parse_config(const folder_files *f);

#endif
