/* SPDX-License-Identifier: Apache-2.0 */
/* The coverage of a text by a set of words, and the missing words. */
#ifndef ECAN_TEXT_COVERAGE_H
#define ECAN_TEXT_COVERAGE_H

#include "base/map.h"
#include "io/stream.h"

#include <stdint.h>

typedef struct missing_word {
    int32_t word; /* in coverage.missing */
    int64_t count;
} missing_word;

/* A zeroed struct with `known` set is ready for use. */
typedef struct coverage {
    const map *known;                /* borrowed */
    int32_t first;                   /* rows of known before this one are not words */
    int64_t records, words, covered; /* words of the text; covered: those that are known */
    map *missing, *seen;             /* distinct words that are unknown; known words that occurred */
    int64_t *counts;                 /* [map_size(missing)] */
    size_t room;
} coverage;

void coverage_free(coverage *c);

/* Counts the tokens of a record. 0 or -1. */
int coverage_add(coverage *c, const record *r);

/* Returns the missing words, most frequent first, ties in order of first occurrence: an array
 * [map_size(missing)], owned by the caller (mem_free). NULL if memory is out. */
missing_word *coverage_missing(const coverage *c);

#endif
