/* SPDX-License-Identifier: Apache-2.0 */
/* The model's stages as functions from record to record: what ecan-match, -embed, -encode, -attend,
 * -score and -predict do with one encounter (formats/embedded.md, encoded.md, attended.md, scored.md).
 * Predicting is the four in a row without the records between them, by the same calls: same bytes. */
#ifndef ECAN_PREDICT_MODEL_STAGE_H
#define ECAN_PREDICT_MODEL_STAGE_H

#include "io/stream.h"
#include "model/lookup.h"
#include "model/model.h"
#include "model/net.h"
#include "terms/matcher.h"

typedef struct model_stage_worker model_stage_worker;

typedef struct model_stage {
    const model *m;       /* borrowed; all zero where there is none: model_stage_embed with vectors */
    lookup *vectors;      /* embed: in the place of the model's; NULL: the model's; owned */
    float threshold;      /* predicted: p > threshold, for all labels ... */
    float *thresholds;    /* [L] ... or that of the label */
    bool weights;         /* attend: A too */
    const matcher *terms; /* match, score, predict: the labels' terms; NULL: none; borrowed */
    model_stage_worker *workers;
    int n_workers;
    attend_crew crew; /* its loops are what a filter's idle threads may join; NULL with one thread */
} model_stage;

/* For calls of so many threads at a time. The model (NULL: none) is borrowed and only read: several stages
 * may share it. 0 or -1. */
int model_stage_open(model_stage *s, const model *m, int threads);
/* Lets model_stage_embed take the word vectors of a file, of the size that the model's have; unknown words
 * keep the model's vector, unless the file has one. unit: as lookup_open. 0 or -1. */
int model_stage_open_vectors(model_stage *s, const char *path, bool unit);
/* Whether the model's training made the vectors 1 long: what `unit` should be. */
bool model_stage_has_unit_vectors(const model_stage *s);
/* Lets model_stage_match, _score and _predict look for terms, which are borrowed; NULL: none. 0 or -1. */
int model_stage_use_terms(model_stage *s, const matcher *terms);
/* The terms of the model that is in a folder. NULL in *terms: it has none. 0 or -1. */
int model_stage_read_terms(const model *m, const char *folder, matcher **terms);
void model_stage_close(model_stage *s);

/* Other thresholds than the model's: one for all, and, unless NULL, one a label (copied). */
void model_stage_thresholds(model_stage *s, float common, const float *t);

/* filter_fn's (io/filter.h), context a stage. score and predict add the weights of the record's `matches` to
 * the logits, or, where it has none, of the terms that occur in its words. */
int model_stage_match(void *context, int worker, const record *in, pack *out);
int model_stage_embed(void *context, int worker, const record *in, pack *out);
int model_stage_encode(void *context, int worker, const record *in, pack *out);
int model_stage_attend(void *context, int worker, const record *in, pack *out);
int model_stage_score(void *context, int worker, const record *in, pack *out);
int model_stage_predict(void *context, int worker, const record *in, pack *out);

/* The attention of some labels over the words of one document, which the streams do not carry: it is computed
 * again. First the model reads T ids (0, or -1: one that is no row of the embedding, or no memory); then it
 * gives, for the n labels asked for by their indices, A[attentions], each [n][T], borrowed until the worker's
 * next call. What `ecan-attend --weights` gives all labels, but for rounding. */
int model_stage_read(const model_stage *s, int worker, const int32_t *ids, size_t T);
int model_stage_weights(const model_stage *s, int worker, const int32_t *asked, size_t n, float *const **A);

/* Refuses a stream that another model made, or tokens made with other settings than the model's. 0 or -1.
 * context a stage. */
int model_stage_check(void *context, const record *header);

/* The same, and refuses a stream whose `ids` are not the model's rows (ecan-embed --vectors): for
 * model_stage_read(). */
int model_stage_check_ids(void *context, const record *header);

/* The header field of an embedded stream made with other vectors: which. 0 or -1. */
int model_stage_vectors_header(const model_stage *s, pack *fields);
/* Header fields of a scored stream: labels and thresholds. 0 or -1. */
int model_stage_header(const model_stage *s, pack *fields);

#endif
