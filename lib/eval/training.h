/* SPDX-License-Identifier: Apache-2.0 */
/* How often each code was a gold code in training. */
#ifndef ECAN_EVAL_TRAINING_H
#define ECAN_EVAL_TRAINING_H

#include <stddef.h>
#include <stdint.h>

typedef struct training training;

/* Reads the encounters that a model was trained on: a stream of any kind, JSON Lines or CSV
 * (predictions_reader.h). max_record: maximum bytes of a record or a line. NULL with the message set. */
training *training_read(const char *path, size_t max_record);
void training_free(training *t); /* t may be NULL */

/* Number of encounters whose codes are known, and of those that have this code. */
uint64_t training_encounters(const training *t);
uint64_t training_count(const training *t, const char *code);

/* The weight 1/p of a code in propensity-scored metrics (Jain et al. 2016). p is the probability that a
 * correct code was recorded. N is the number of encounters, and n the number of those with the code:
 *
 *     1/p = 1 + C (n + B)^-A,   C = (ln N - 1) (B + 1)^A
 *
 * NAN if N is less than 3: C would be negative. */
double training_weight(const training *t, const char *code, double A, double B);

#endif
