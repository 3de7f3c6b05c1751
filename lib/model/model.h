/* SPDX-License-Identifier: Apache-2.0 */
/* A model folder (formats/model.md): config.json, model.safetensors, vocab.txt, labels.tsv. The tensors are
 * mapped, not copied. */
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
    json_t *config;     /* config.json as it stands */
    params p;           /* mapped: p.c is the configuration */
    winograd_weights U; /* what its convolutions go by */
    vocab *words;
    labels *labels;
    float *thresholds; /* [L] config.json's "thresholds"; NULL where there are none */
    safetensors file;
    char fingerprint[33]; /* 32 hexadecimal digits: which model this is */
} model;

/* 0, or -1 with folder, file and reason: a file missing or bad, a tensor missing or misshapen, words or
 * labels that do not fit the tensors. threads share the reading; NULL: this one does it all. */
int model_open(model *m, const char *folder, pool *threads);
void model_close(model *m);

/* Writes the folder, made where it is not there: all four files under temporary names, which are then
 * renamed, config.json last. When something fails, the model that was there stands as it was. about, the
 * object for config.json, is completed (the maths' keys, the fingerprint). 0 or -1. */
int model_write(const char *folder, const params *p, const vocab *words, const labels *l, json_t *about);
/* The same with terms.tsv, which write_terms(terms, path) makes. model_write() removes the one that is there.
 */
int model_write_with_terms(const char *folder, const params *p, const vocab *words, const labels *l,
                           json_t *about, int (*write_terms)(const void *terms, const char *path),
                           const void *terms);

/* Writes config.json again with this threshold for all labels and, unless NULL, these of each (t[L], the
 * common one aside); the file that was there is replaced at once. The fingerprint stays: scores do not depend
 * on thresholds. 0 or -1. */
int model_write_thresholds(model *m, const char *folder, float common, const float *t);

/* The fingerprint of the model that made a stream, from its header's history: 1, *made_by and *n bytes,
 * borrowed; 0: no model did; -1: not a history. */
int model_of_stream(const record *header, const char **made_by, size_t *n);

/* Opens it and looks at every number, and whether the fingerprint is that of the files. 0 or -1. */
int model_check(const char *folder);

/* The settings that made the tokens: config.json's "tokenizer", an object; NULL where there is none.
 * Borrowed. */
const json_t *model_tokenizer(const model *m);

#endif
