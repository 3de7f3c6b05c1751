/* SPDX-License-Identifier: Apache-2.0 */
/* The scores that several systems gave the same encounter, as input to a combination. The systems' labels
 * may differ in order and number. The labels of all systems are those of the first header, then those that
 * it lacks in order of appearance. */
#ifndef ECAN_EVAL_SCORE_MEMBERS_H
#define ECAN_EVAL_SCORE_MEMBERS_H

#include "base/map.h"
#include "io/stream.h"
#include "text/labels.h"

#include <stdbool.h>
#include <stdint.h>

/* One system. */
typedef struct score_member {
    int32_t L;     /* its labels */
    int32_t *to;   /* [L] their indices among all labels */
    bool in_place; /* to[j] == j */
} score_member;

typedef struct score_members {
    int n;
    score_member *member; /* [n] */
    labels *labels;       /* of all systems */
    int32_t *systems;     /* [labels] how many systems have the label */
    int32_t partial;      /* labels that some system lacks */
    buf bytes;            /* scratch memory */
    map *gold[2];
} score_members;

/* 0 or -1; call score_members_free in both cases. */
int score_members_init(score_members *m, int n);
void score_members_free(score_members *m);

/* Reads the headers [n] of the segments of the next records. 0 or -1. */
int score_members_headers(score_members *m, const record *const *headers);

/* The scores of system i, [member[i].L], all probabilities. Borrowed until the next call. NULL with the
 * message set. */
const float *score_members_scores(score_members *m, int i, const record *r);

/* The fingerprint of the model that made a stream. 1: *made_by has *n bytes, borrowed. 0: there is none or
 * several (an average). -1: error. */
int score_members_model(const record *header, const char **made_by, size_t *n);

/* log(p / (1 - p)), with p clipped to 1e-12 .. 1 - 2^-25. */
double score_logit(double p);

/* *gold: the first of the records [n] that has gold codes, or NULL. 0, or -1 if another record has
 * different gold codes. */
int score_members_gold(score_members *m, const record *records, const record **gold);

/* The distinct gold codes of a record that has them. Borrowed until the next call. NULL with the message set.
 */
const map *score_members_codes(score_members *m, const record *r);

#endif
