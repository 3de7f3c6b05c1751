/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of the model as functions from record to record. ecan-match, -embed, -encode, -attend, -score
 * and -predict apply them to one encounter (formats/embedded.md, encoded.md, attended.md, scored.md).
 * model_stage_predict() makes the calls of the four stages without records between them. Its results are
 * bit-identical. */
#ifndef ECAN_PREDICT_MODEL_STAGE_H
#define ECAN_PREDICT_MODEL_STAGE_H

#include "io/stream.h"
#include "model/gradient.h"
#include "model/lookup.h"
#include "model/model.h"
#include "model/net.h"
#include "terms/matcher.h"
#include "text/unread.h"

typedef struct model_stage_worker model_stage_worker;

typedef struct model_stage {
    const model *m;       /* borrowed; all zero for model_stage_embed without a model */
    lookup *vectors;      /* for embed, instead of those of the model; NULL: those of the model; owned */
    float threshold;      /* the threshold of the model */
    float *thresholds;    /* [L], of each label: predicted if p > threshold */
    bool weights;         /* attend also adds A */
    const matcher *terms; /* for match, score, predict; NULL: none; borrowed */
    model_stage_worker *workers;
    int n_workers;
    winograd_weights transposed; /* for model_stage_support(); no data: not opened */
    attend_team team;            /* loops that idle threads of a filter may join; NULL with one thread */
} model_stage;

/* Opens a stage that `threads` threads may call at the same time. The model (NULL: none) is borrowed and
 * read-only: several stages may share it. Returns 0 or -1. */
int model_stage_open(model_stage *s, const model *m, int threads);
/* Makes model_stage_embed use the word vectors of a file, which have the dimension of the model. An unknown
 * word has the vector of the file, if it has one, or of the model. unit: as in lookup_open. Returns 0 or -1.
 */
int model_stage_open_vectors(model_stage *s, const char *path, bool unit);
/* Whether the training of the model scaled the vectors to length 1: the value for `unit`. */
bool model_stage_has_unit_vectors(const model_stage *s);
/* Makes model_stage_match, _score and _predict use terms, which are borrowed; NULL: none. Returns 0 or -1. */
int model_stage_use_terms(model_stage *s, const matcher *terms);
/* Reads the terms of a file or, if it is NULL, of the model in a folder. *terms is NULL if there are none. If
 * marks have effects on them, the phrases are those of the model's scopes.tsv or, without one, the built-in
 * ones. Returns 0 or -1. */
int model_stage_read_terms(const model *m, const char *folder, const char *file, matcher **terms);
void model_stage_close(model_stage *s);
/* The words that embed and predict did not read, over all records so far. */
unread model_stage_unread(const model_stage *s);

/* Replaces the thresholds of the model: one for all labels or, if t is not NULL, one for each label (copied).
 */
void model_stage_thresholds(model_stage *s, float common, const float *t);

/* Functions of type filter_fn (io/filter.h); context is a model_stage. score and predict add the weights of
 * the `matches` of the record to the logits. If the record has no `matches`, they search for the terms in its
 * words. */
int model_stage_match(void *context, int worker, const record *in, pack *out);
int model_stage_embed(void *context, int worker, const record *in, pack *out);
int model_stage_encode(void *context, int worker, const record *in, pack *out);
int model_stage_attend(void *context, int worker, const record *in, pack *out);
int model_stage_score(void *context, int worker, const record *in, pack *out);
int model_stage_predict(void *context, int worker, const record *in, pack *out);

/* Computes the attention of some labels over the words of one document again, because streams do not contain
 * it. model_stage_read() reads T ids. It returns 0, or -1 if an id is not a row of the embedding or memory is
 * out. model_stage_weights() then sets *A to [attentions], each [n][T], for the n labels with the indices
 * `asked`. A is borrowed until the next call of the worker. It equals that of `ecan-attend --weights` except
 * for rounding. */
int model_stage_read(const model_stage *s, int worker, const int32_t *ids, size_t T);
int model_stage_weights(const model_stage *s, int worker, const int32_t *asked, size_t n, float *const **A);

/* Makes model_stage_support() possible. Call it before model_stage_read(). 0 or -1: out of memory. */
int model_stage_open_gradients(model_stage *s);
/* Sets *support to X[t] . d logit / d X[t] for each of the T words that model_stage_read() read: how much the
 * logit of the label would change, to first order, if the vector of the word became 0. Borrowed until the
 * next call of the worker. 0, or -1: out of memory. */
int model_stage_support(const model_stage *s, int worker, int32_t label, const float **support);

/* Rejects a stream that another model made, and tokens that were made with other settings than those of the
 * model. context is a model_stage. Returns 0 or -1. */
int model_stage_check(void *context, const record *header);

/* The same, and rejects a stream whose `ids` are not rows of the model (ecan-embed --vectors). For
 * model_stage_read(). */
int model_stage_check_ids(void *context, const record *header);

/* Packs the header field of an embedded stream that names other vectors. Returns 0 or -1. */
int model_stage_vectors_header(const model_stage *s, pack *fields);
/* Packs the header fields of a scored stream: labels and thresholds. Returns 0 or -1. */
int model_stage_header(const model_stage *s, pack *fields);

#endif
