/* SPDX-License-Identifier: Apache-2.0 */
/* A model folder (formats/model.md): config.json, model.safetensors, vocab.txt, labels.tsv, and for some
 * linear.safetensors, terms.tsv and scopes.tsv. The tensors are mapped into memory, not copied. The files are
 * read and replaced as one (io/folder.h), and config.json has a hash of each, so that files of different
 * models are an error. */
#ifndef ECAN_MODEL_MODEL_H
#define ECAN_MODEL_MODEL_H

#include "base/pool.h"
#include "io/folder.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/stream.h"
#include "model/winograd_weights.h"
#include "terms/linear_branch.h"
#include "text/labels.h"
#include "text/vocab.h"

#define MODEL_CONFIG  "config.json"
#define MODEL_TENSORS "model.safetensors"
#define MODEL_VOCAB   "vocab.txt"
#define MODEL_LABELS  "labels.tsv"
#define MODEL_LINEAR  "linear.safetensors" /* optional */
#define MODEL_TERMS   "terms.tsv"          /* optional, and not part of the fingerprint: people edit it */
#define MODEL_SCOPES  "scopes.tsv"         /* the same: phrases that mark terms */

typedef struct model {
    json_t *config;     /* the contents of config.json */
    params p;           /* mapped; p.c is the configuration */
    winograd_weights U; /* transformed weights of the convolutions of p; empty if opened without `encodes` */
    vocab *words;
    labels *labels;
    float *thresholds; /* [L] "thresholds" of config.json, or NULL */
    safetensors file;
    linear_branch linear; /* without features if the model has none */
    bool has_terms, has_scopes;
    int terms, scopes;             /* terms.tsv and scopes.tsv, open for reading */
    char fingerprint[FOLDER_HASH]; /* which model this is: a hash of tensors, words and labels */
} model;

/* Opens a model folder. encodes: also computes U, which encode_blocks() needs. The threads share the work;
 * NULL: the calling thread does it. 0, or -1 with folder, file and reason in the message. A file can be
 * missing or invalid, or not match its hash in config.json. A tensor can be missing, or not fit the
 * configuration, the words or the labels. Free m with model_close(). After an error m is empty. */
int model_open(model *m, const char *folder, bool encodes, pool *threads);
void model_close(model *m);

/* The parts of a model folder. */
typedef struct model_parts {
    const params *p;
    const vocab *words;
    const labels *labels;
    const linear_branch *linear; /* NULL: none */
    json_t *about; /* the object for config.json; the maths' keys, hashes and fingerprint are added */
    const folder_part *more; /* files that are replaced in the same step: terms.tsv, history.jsonl */
    int n_more;
} model_parts;

/* Writes the folder in one step. An existing model is replaced, with its linear.safetensors and terms.tsv,
 * and all other files stay. It is the only function that writes models. The caller has the lock
 * (folder_lock). 0, or -1: the existing model is unchanged. */
int model_write(const char *folder, const model_parts *parts);

/* The names of the files of a model folder; NULL ends the list. */
extern const char *const model_files[];

/* Its config.json; owned by the caller. NULL with the message set. */
json_t *model_read_config(const char *folder);
/* 1: there is a model, a config.json that is one and tensors; 0: there is none; -1: the folder cannot be
 * read. */
int model_exists(const char *folder);

/* Replaces config.json in one step. The new one has the threshold `common` for all labels and, unless t is
 * NULL, the threshold t[L] of each label. Takes the lock. The fingerprint does not change, because scores do
 * not depend on thresholds. 0 or -1. It is also an error if the folder has another model now. */
int model_write_thresholds(model *m, const char *folder, float common, const float *t);

/* The fingerprint of the model that made a stream, from the history in its header. 1: *made_by has *n bytes,
 * borrowed. 0: no model made it. -1: the history is not valid. */
int model_of_stream(const record *header, const char **made_by, size_t *n);

/* Opens the model, and checks that every number is finite. 0 or -1. */
int model_check(const char *folder);

/* The settings that made the tokens: the object "tokenizer" of config.json, or NULL. Borrowed. */
const json_t *model_tokenizer(const model *m);

#endif
