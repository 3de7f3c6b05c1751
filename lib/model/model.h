/* SPDX-License-Identifier: Apache-2.0 */
/* A model folder (formats/model.md): config.json, model.safetensors, vocab.txt, labels.tsv. The tensors are
 * mapped into memory, not copied. */
#ifndef ECAN_MODEL_MODEL_H
#define ECAN_MODEL_MODEL_H

#include "base/pool.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "io/stream.h"
#include "model/winograd_weights.h"
#include "text/labels.h"
#include "text/vocab.h"

#define MODEL_CONFIG  "config.json"
#define MODEL_TENSORS "model.safetensors"
#define MODEL_VOCAB   "vocab.txt"
#define MODEL_LABELS  "labels.tsv"
#define MODEL_TERMS   "terms.tsv" /* optional, and not part of the fingerprint: people edit it */

typedef struct model {
    json_t *config;     /* the contents of config.json */
    params p;           /* mapped; p.c is the configuration */
    winograd_weights U; /* transformed weights of the convolutions of p */
    vocab *words;
    labels *labels;
    float *thresholds; /* [L] "thresholds" of config.json, or NULL */
    safetensors file;
    char fingerprint[33]; /* 32 hexadecimal digits that identify the model */
} model;

/* Opens a model folder. The threads share the work; NULL: the calling thread does it. 0, or -1 with folder,
 * file and reason in the message: a missing or invalid file, a tensor that is missing or has another shape,
 * words or labels that do not fit the tensors. Free m with model_close(). After an error m is empty. */
int model_open(model *m, const char *folder, pool *threads);
void model_close(model *m);

/* Writes a model folder, and creates it if it does not exist. The four files are written under temporary
 * names and then renamed, config.json last. After an error the previous model is unchanged. about is an
 * object with further keys for config.json; the keys of the configuration and the fingerprint are added to
 * it. 0 or -1. */
int model_write(const char *folder, const params *p, const vocab *words, const labels *l, json_t *about);
/* The same with terms.tsv, which write_terms(terms, path) makes. model_write() removes the one that is there.
 */
int model_write_with_terms(const char *folder, const params *p, const vocab *words, const labels *l,
                           json_t *about, int (*write_terms)(const void *terms, const char *path),
                           const void *terms);

/* Replaces config.json in one step. The new one has the threshold `common` for all labels and, unless t is
 * NULL, the threshold t[L] of each label. The fingerprint does not change, because scores do not depend on
 * thresholds. 0 or -1. */
int model_write_thresholds(model *m, const char *folder, float common, const float *t);

/* The fingerprint of the model that made a stream, from the history in its header. 1: *made_by has *n bytes,
 * borrowed. 0: no model made it. -1: the history is not valid. */
int model_of_stream(const record *header, const char **made_by, size_t *n);

/* Opens the model, and checks that every number is finite and that the fingerprint matches the files. 0 or
 * -1. */
int model_check(const char *folder);

/* The settings that made the tokens: the object "tokenizer" of config.json, or NULL. Borrowed. */
const json_t *model_tokenizer(const model *m);

#endif
