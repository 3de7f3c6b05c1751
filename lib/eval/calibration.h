/* SPDX-License-Identifier: Apache-2.0 */
/* Whether probabilities can be believed: of all scores near p, the share p ought to be gold codes.
 *
 * Scores are collected in bins of equal width, (i/bins .. (i+1)/bins), a score on an edge in the upper one
 * and 1 in the last. Memory: 24 bytes a bin. */
#ifndef ECAN_EVAL_CALIBRATION_H
#define ECAN_EVAL_CALIBRATION_H

#include <stdint.h>
#include <stdio.h>

typedef struct calibration_bin {
    uint64_t n, gold; /* scores, and how many of them are of gold codes */
    double sum;       /* of the scores */
} calibration_bin;

typedef struct calibration {
    int bins;
    calibration_bin *bin; /* [bins], owned */
    uint64_t n;
    double squares; /* sum of (score - gold)^2 */
} calibration;

/* bins >= 1. 0, or -1 when memory is out. A zeroed struct may be released. */
int calibration_init(calibration *c, int bins);
void calibration_release(calibration *c);

/* One row: scores[L], each within 0 .. 1; gold[n] ascending and distinct, each in 0 .. L-1. */
void calibration_add(calibration *c, const float *scores, int L, const int32_t *gold, int n);

/* NAN without a score. Brier: the mean of (score - gold)^2, gold being 1 or 0 (Brier 1950). Error: the mean
 * over scores of |mean score - share of gold| of the score's bin (the expected calibration error of Naeini et
 * al. 2015). */
double calibration_brier(const calibration *c);
double calibration_error(const calibration *c);

/* A line a bin: low, high, n, gold, mean score, share of gold between tabs, behind a line of these names;
 * what is not defined is empty. Whether f took it all is for the caller to check. */
void calibration_write(const calibration *c, FILE *f);

#endif
