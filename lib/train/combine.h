/* SPDX-License-Identifier: Apache-2.0 */
/* A network and terms together: how much each counts, learnt from dev encounters.
 *
 *     logit = w_n z + b + (w_t t + w_h where a term of the label occurs)
 *
 * z: the network's logit; t: the weight of the label's best term. Logistic regression over the pairs of an
 * encounter and a label for which either has something to say: z > COMBINE_LOGIT, or a term whose weight is
 * above COMBINE_TERM. */
#ifndef ECAN_TRAIN_COMBINE_H
#define ECAN_TRAIN_COMBINE_H

#include "base/pool.h"
#include "model/model.h"
#include "terms/matcher.h"

#define COMBINE_LOGIT (-6.0f)
#define COMBINE_TERM  (-3.0f)

typedef struct combination {
    double network, bias;    /* w_n, b */
    double term, any_term;   /* w_t, w_h */
    float threshold;         /* the best one for micro-F1, of both together */
    double micro_f1;         /* at that */
    float network_threshold; /* the same of the network */
    double network_micro_f1;
    double terms_micro_f1; /* of the terms, at their best threshold */
} combination;

/* learnt: the terms whose weights t are scaled by w_t and w_h; those that are not above 0 then do not count.
 * given: terms whose weights are added as they are. dev is read twice. 0 or -1. */
int combine(combination *c, const model *m, const char *dev, const matcher *learnt, const matcher *given,
            pool *threads);

/* Writes the folder: m with w_n and b in its W and b, the threshold, and n more files: the terms,
 * whose weights were scaled. about, the object for config.json, is completed. Takes the lock. 0 or -1. */
int combine_write(const combination *c, const model *m, const char *folder, json_t *about,
                  const folder_part *more, int n);

#endif
