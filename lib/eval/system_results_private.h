/* SPDX-License-Identifier: Apache-2.0 */
/* Internal declarations of system_results.c and bootstrap_sample.c: the stored results. */
#ifndef ECAN_EVAL_SYSTEM_RESULTS_PRIVATE_H
#define ECAN_EVAL_SYSTEM_RESULTS_PRIVATE_H

#include "base/map.h"
#include "eval/system_results.h"
#include "text/labels.h"

#define SYSTEM_RESULT_ABSENT SIZE_MAX /* encounter_result.first of an encounter that the system lacks */

/* The part of an encounter that all systems share. */
typedef struct system_encounter {
    size_t first; /* its gold codes are gold[first .. first+n) of the results */
    int32_t n;
    int32_t systems; /* number of systems that have it */
} system_encounter;

/* The result of one system. Its predicted codes are predicted[first .. first+predicted), true positives
 * first. */
typedef struct encounter_result {
    size_t first;
    int32_t predicted, true_positives;
    double precisions; /* sum over the gold codes of the precision at their rank */
} encounter_result;

/* Codes of the union; v is owned. */
typedef struct code_list {
    int32_t *v;
    size_t n, cap;
} code_list;

typedef struct system_result {
    const char *name;       /* borrowed */
    encounter_result *rows; /* [n], owned; index: row of system_results.rows */
    size_t n, cap;
    int32_t *true_positives_at; /* [n][n_at] true positives among the best k */
    size_t true_positives_cap;
    code_list predicted;
} system_result;

struct system_results {
    system_results_options o;
    map *ids;               /* of the first system's encounters */
    labels *codes;          /* the union */
    system_encounter *rows; /* [map_size(ids)] */
    size_t rows_cap;
    code_list gold;
    system_result *systems;
    size_t n_systems, systems_cap;
    int32_t extra; /* encounters that only later systems have */

    /* of the system being read */
    const metrics *source;
    code_list code_of; /* the model's labels as codes of the union */

    bool *known; /* [labels of the union] whether some system has that label */
    size_t known_cap;

    /* after system_results_finish */
    int32_t *order; /* [n] rows, in order of id */
    int32_t n, left_out, n_labels;
};

#endif
