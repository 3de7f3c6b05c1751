/* SPDX-License-Identifier: Apache-2.0 */
/* How much of a text a set of words covers, and which words it lacks. */
#ifndef ECAN_TEXT_COVERAGE_H
#define ECAN_TEXT_COVERAGE_H

#include "base/map.h"
#include "io/stream.h"

#include <stdint.h>

typedef struct missing_word {
    int32_t word; /* in coverage.missing */
    int64_t count;
} missing_word;

/* A zeroed struct with `known` set is ready. */
typedef struct coverage {
    const map *known;                /* borrowed */
    int32_t first;                   /* rows of known before it are no words */
    int64_t records, words, covered; /* words of the text, and those that are known */
    map *missing, *seen;             /* the distinct words that are not known, and that are */
    int64_t *counts;                 /* [map_size(missing)] */
    size_t room;
} coverage;

void coverage_free(coverage *c);

/* Counts the tokens of a record. 0 or -1. */
int coverage_add(coverage *c, const record *r);

/* The missing words, most frequent first, of equally frequent ones the one that came first: an array
 * [map_size(missing)], owned by the caller (mem_free). NULL when memory is out. */
missing_word *coverage_missing(const coverage *c);

#endif
