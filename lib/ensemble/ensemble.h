/* SPDX-License-Identifier: Apache-2.0 */
/* An ensemble folder (formats/ensemble.md): combination.json and its parts, which are model folders and files
 * of ecan-linear. A model folder is opened as an ensemble of one part.
 *
 *     ensemble_open(&e, "out/ensemble", threads)
 *     ensemble_stage *s = ensemble_stage_new(&e, workers, &options)
 *     ensemble_stage_apply(s, worker, tokens_record, &fields)
 * The records are those of ecan-average, from the records of ecan-predict and ecan-linear: it is the same
 * code. */
#ifndef ECAN_ENSEMBLE_ENSEMBLE_H
#define ECAN_ENSEMBLE_ENSEMBLE_H

#include "eval/score_combination.h"
#include "linear/linear.h"
#include "model/model.h"
#include "terms/matcher.h"

#include "base/pool.h"
#include "base/work_sharing.h"
#include "io/pack.h"
#include "io/stream.h"

#include <stdbool.h>

#define ENSEMBLE_COMBINATION "combination.json"

typedef struct ensemble_part {
    model model;
    matcher *terms; /* of the model; NULL: none */
    linear *linear; /* or a linear model; NULL: it is a model */
} ensemble_part;

typedef struct ensemble {
    bool single; /* a model folder */
    score_combination combination;
    ensemble_part part[SCORE_COMBINATION_SYSTEMS]; /* [combination.n] the first is a model */
} ensemble;

/* 1: the folder has a combination.json; 0; -1: that cannot be found out. */
int ensemble_exists(const char *folder);

/* Opens an ensemble or a model. The threads share the work; NULL: the calling thread does it. 0, or -1: it is
 * neither, a part is missing, damaged or another than the combination names, or the labels of the parts
 * differ. Free e with ensemble_close(). After an error e is empty. */
int ensemble_open(ensemble *e, const char *folder, pool *threads);
void ensemble_close(ensemble *e);

/* Opens a model folder or a file of ecan-linear. 0 or -1; ensemble_part_close() in both cases. */
int ensemble_part_open(ensemble_part *p, const char *path, pool *threads);
void ensemble_part_close(ensemble_part *p);
const char *ensemble_part_fingerprint(const ensemble_part *p);
const labels *ensemble_part_labels(const ensemble_part *p);

/* Writes an ensemble: copies of the n models at paths, and the combination, whose members get the
 * fingerprints of these models. An ensemble that exists is replaced in one step (folder.h). Takes the lock.
 * 0, or -1: the folder is as before. */
int ensemble_write(const char *folder, const char *const *paths, score_combination *c);

/* ---- prediction ---- */

typedef struct ensemble_options {
    double threshold;       /* NAN: that of the ensemble */
    const char *thresholds; /* NULL or: a file with thresholds of labels. Borrowed */
} ensemble_options;

typedef struct ensemble_stage ensemble_stage;

/* For this many threads. The ensemble is borrowed and read-only. NULL with the message set. */
ensemble_stage *ensemble_stage_new(const ensemble *e, int workers, const ensemble_options *options);
void ensemble_stage_free(ensemble_stage *s); /* s may be NULL */

/* The fields that the header of a scored stream gets. Borrowed. The fingerprint of the stream is that of the
 * first model, whose ids and peaks the records have. */
const pack *ensemble_stage_header(const ensemble_stage *s);
/* Loops that idle threads may join (filter.h). NULL with one thread. */
work_sharing *ensemble_stage_loops(const ensemble_stage *s);
/* The words that the first model did not read. */
unread ensemble_stage_unread(const ensemble_stage *s);
/* Of the types of filter.h; context is an ensemble_stage. */
int ensemble_stage_check(void *context, const record *header);
int ensemble_stage_apply(void *context, int worker, const record *in, pack *out);

#endif
