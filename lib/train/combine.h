/* SPDX-License-Identifier: Apache-2.0 */
/* Combines a network with terms and a linear branch: learns the weight of each from dev encounters.
 *
 *     logit = w_n z + w_l y + b + (w_t t + w_h if a term of the label occurs)
 *
 * z is the network's logit, y that of the linear branch (terms/linear_branch.h), and t the weight of the
 * label's best term. The weights are learnt by logistic regression over the pairs of encounter and label
 * with z or y above COMBINE_LOGIT, or with a term whose weight is above COMBINE_TERM or was given. They are
 * learnt for each choice of parts, and the choice with the best micro-F1 is taken; of equals that with fewer
 * parts. So the scores are calibrated on dev: without other parts, too, w_n and b are learnt. Only with given
 * terms and no other parts the network stays as it is. */
#ifndef ECAN_TRAIN_COMBINE_H
#define ECAN_TRAIN_COMBINE_H

#include "base/pool.h"
#include "model/model.h"
#include "terms/linear_branch.h"
#include "terms/matcher.h"

#define COMBINE_LOGIT (-6.0f)
#define COMBINE_TERM  (-3.0f)

/* The parts of a model beside the network. */
enum { COMBINE_TERMS = 1, COMBINE_LINEAR = 2, COMBINE_PARTS = 4 };

typedef struct combination {
    unsigned parts;          /* those that are used; the weights of the others are 0 */
    double network, bias;    /* w_n, b */
    double linear;           /* w_l */
    double linear_bias;      /* the part of b that belongs to the linear branch */
    double term, any_term;   /* w_t, w_h */
    float threshold;         /* the threshold with the best micro-F1 for the combination */
    double micro_f1;         /* micro-F1 at that threshold */
    double network_micro_f1; /* of each part at its own best threshold; linear: 0 if there is none */
    double terms_micro_f1, linear_micro_f1;
} combination;

/* What is combined with the network. */
typedef struct combine_parts {
    const matcher *learnt; /* terms whose weights t are scaled with w_t and w_h; those that are then not above
                              0 do not count */
    const matcher *given;  /* terms whose weights are added unchanged, also without COMBINE_TERMS */
    const linear_branch *linear; /* NULL: none */
    double slope, constant;      /* y = slope * the branch's score + constant */
} combine_parts;

/* dev is read several times. 0 or -1. */
int combine(combination *c, const model *m, const char *dev, const combine_parts *parts, pool *threads);

/* Writes the model folder: m with w_n and b applied to its W and b, the threshold, the linear branch with
 * its weight applied (NULL: none), and n more files: the terms with their scaled weights. about, the object
 * for config.json, is completed. Takes the lock of the folder. 0 or -1. */
int combine_write(const combination *c, const model *m, const linear_branch *linear, const char *folder,
                  json_t *about, const folder_part *more, int n);

#endif
