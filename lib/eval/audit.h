/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of encounters that are already coded, and that are probably missing or wrong (formats/audit.md).
 *
 * p is the probability of a code given the words, and e the fraction of codes that coders make wrongly or
 * leave out. A coder who codes label j of n_j of N encounters gives it by mistake with probability f_j = e
 * n_j / N. By Bayes' rule the probability that the coder is wrong is
 *
 *     coded        (1 - p) f_j / ((1 - p) f_j + p (1 - e))
 *     not coded    p e / (p e + (1 - p) (1 - f_j))
 *
 * p must come from a model that was not trained on these encounters, and must be calibrated. */
#ifndef ECAN_EVAL_AUDIT_H
#define ECAN_EVAL_AUDIT_H

#include "io/stream.h"
#include "text/labels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct finding {
    size_t encounter; /* its number, from 0 */
    int32_t label;
    bool coded;         /* true: the code is probably wrong; false: it is probably missing */
    float score;        /* p */
    double probability; /* that the coder is wrong */
} finding;

typedef struct audit_totals {
    uint64_t encounters, codes,
        unknown; /* unknown: codes that the model does not have, which are not audited */
} audit_totals;

typedef struct audit audit;

audit *audit_new(void);    /* NULL when memory is out */
void audit_free(audit *a); /* NULL is fine */

/* Reads the labels of a segment, which must be those of the segments before it. 0 or -1. */
int audit_header(audit *a, const record *header);
/* Reads `scores` and `labels` of an encounter. 0 or -1. */
int audit_add(audit *a, const record *r);

/* Computes the probabilities and sorts: the most probable first, then by encounter and label. errors: e,
 * above 0 and below 1. Keeps at most `top` findings. *n: their number. Borrowed. */
const finding *audit_rank(audit *a, double errors, size_t top, size_t *n);

audit_totals audit_totals_of(const audit *a);
const labels *audit_labels(const audit *a); /* NULL before the first header */
const char *audit_id(const audit *a, size_t encounter);

#endif
