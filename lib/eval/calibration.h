/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration: a fraction p of the scores near p should belong to gold codes.
 * Scores are collected in bins of equal width, i/bins to (i+1)/bins. A score on an edge is counted in the
 * upper bin, 1 in the last bin. Memory: 24 bytes per bin. */
#ifndef ECAN_EVAL_CALIBRATION_H
#define ECAN_EVAL_CALIBRATION_H

#include <stdint.h>
#include <stdio.h>

typedef struct calibration_bin {
    uint64_t n, gold; /* number of scores, and how many of them belong to gold codes */
    double sum;       /* sum of the scores */
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

/* NAN if there are no scores. The Brier score is the mean of (score - gold)^2, where gold is 1 or 0 (Brier
 * 1950). The error is the mean over scores of |mean score - fraction of gold| of the score's bin (the
 * expected calibration error of Naeini et al. 2015). */
double calibration_brier(const calibration *c);
double calibration_error(const calibration *c);

/* Writes a header line, then one line per bin: low, high, n, gold, mean score and fraction of gold,
 * separated by tabs. Undefined values are empty. The caller checks f for errors. */
void calibration_write(const calibration *c, FILE *f);

#endif
