/* SPDX-License-Identifier: Apache-2.0 */
/* The linear model, trained (fit.h) and applied at full precision. The paper does not have it.
 *
 *     linear *m = linear_train("train.mp", &options, threads);     or linear_open("model.linear")
 *     linear_check(m, header);  linear_score(scores, m, work, record); */
#ifndef ECAN_LINEAR_LINEAR_H
#define ECAN_LINEAR_LINEAR_H

#include "linear/fit.h"

#include "base/pool.h"
#include "io/stream.h"
#include "text/labels.h"
#include "text/unread.h"

#include <stdio.h>

typedef struct linear linear;

/* Trains on a tokens stream. NULL with a message: an error of dataset_read(), no texts, no labels, out of
 * memory, or a lambda that is too small for single precision. */
linear *linear_train(const char *path, const linear_options *options, pool *threads);
void linear_free(linear *m); /* m may be NULL */

/* Writes the model to an open file (formats/linear.md). linear_open() gives the same scores, bit-identical. 0
 * or -1. */
int linear_write(const linear *m, FILE *f);
/* Maps the file. NULL with path and reason: it cannot be read, is no linear model, or is damaged. */
linear *linear_open(const char *path);

const linear_summary *linear_about(const linear *m);
const labels *linear_labels(const linear *m);    /* in the order of the scores; borrowed */
const char *linear_fingerprint(const linear *m); /* 32 hexadecimal digits; borrowed */

/* Checks that a stream has the tokenizer settings of the training set. 0 or -1. */
int linear_check(const linear *m, const record *header);

/* The buffers of one thread. */
typedef struct linear_work linear_work;
linear_work *linear_work_new(const linear *m); /* NULL: out of memory */
void linear_work_free(linear_work *w);         /* w may be NULL */

/* The words of training encounters that were not read: those beyond options->max_words. */
const unread *linear_unread(const linear *m);

/* Fills scores[L] with the probability of each label. 0, or -1 with record and reason in the message. */
int linear_score(float *scores, const linear *m, linear_work *w, const record *r);
/* The number of words of that record that were not read. */
size_t linear_words_cut(const linear_work *w);

#endif
