/* SPDX-License-Identifier: Apache-2.0 */
/* Combines a network with terms: learns the weight of each from dev encounters.
 *
 *     logit = w_n z + b + (w_t t + w_h if a term of the label occurs)
 * z is the network's logit, and t the weight of the label's best term. The weights are learnt by logistic
 * regression over the pairs of encounter and label with z > COMBINE_LOGIT, or with a term whose weight is
 * above COMBINE_TERM or was given. */
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
    float threshold;         /* the threshold with the best micro-F1 for the combination */
    double micro_f1;         /* micro-F1 at that threshold */
    float network_threshold; /* the same for the network */
    double network_micro_f1;
    double terms_micro_f1; /* micro-F1 of the terms at their best threshold */
} combination;

/* learnt: terms whose weights t are scaled with w_t and w_h; those that are then not above 0 do not count.
 * given: terms whose weights are added unchanged. dev is read twice. 0 or -1. */
int combine(combination *c, const model *m, const char *dev, const matcher *learnt, const matcher *given,
            pool *threads);

/* Writes the model folder: m with w_n and b applied to its W and b, the threshold, and n more files, the
 * terms with their scaled weights. about, the object for config.json, is completed. Takes the lock of the
 * folder. 0 or -1. */
int combine_write(const combination *c, const model *m, const char *folder, json_t *about,
                  const folder_part *more, int n);

#endif
