/* SPDX-License-Identifier: Apache-2.0 */
/* The weighted mean of the parameters of several models of equal shape. */
#ifndef ECAN_MODEL_MERGE_H
#define ECAN_MODEL_MERGE_H

#include "model/model.h"

/* Checks that the model has only a network: no terms, and no linear model. 0, or -1 with the file in the
 * message. */
int model_only_network(const model *m, const char *path);

/* Writes the mean of the n models in paths, n >= 1, into folder, as model_write() does:
 *
 *     parameter := sum_i w_i parameter_i / sum_i w_i
 *
 * and, if threshold is NAN, the threshold and those of single labels in the same way. The sum is computed in
 * double, in the order of the models. All models have the same network, words, codes and tokenizer;
 * descriptions are those of the first. weights[n] are positive. Takes the lock of folder. 0, or -1 with the
 * difference in the message. */
int model_merge(const char *folder, const char *const *paths, int n, const double *weights, double threshold);

#endif
