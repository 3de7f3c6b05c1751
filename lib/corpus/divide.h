/* SPDX-License-Identifier: Apache-2.0 */
/* Divides encounters into parts, such as train, dev and test, and finds what two parts have in common. */
#ifndef ECAN_CORPUS_DIVIDE_H
#define ECAN_CORPUS_DIVIDE_H

#include "corpus/encounter_index.h"

enum { DIVIDE_PARTS = 16 }; /* maximum number */

typedef enum divide_rule {
    DIVIDE_CODES,   /* each part gets its share of the encounters of each code */
    DIVIDE_PATIENT, /* at random */
    DIVIDE_DATE     /* the first encounters into part 0, the last into the last part */
} divide_rule;

#define DIVIDE_RULES "codes|patient|date"

/* Sets the part of each encounter. share[parts] are the fractions of the parts; their sum is 1. Encounters of
 * a patient come into one part, and without patients encounters with the same text, except with DIVIDE_DATE,
 * where encounters of a date do. Equal input and seed give equal parts. 0 or -1. */
int divide(encounter_index *x, divide_rule rule, const double *share, int32_t parts, uint64_t seed);

typedef struct overlap {
    int32_t count;
    const char *first; /* one that is in both: borrowed from the index */
} overlap;

typedef struct overlaps {
    overlap ids, texts, patients; /* texts.first is the id of an encounter with the text */
} overlaps;

/* What the parts a and b have in common. 0 or -1. */
int find_overlaps(const encounter_index *x, int32_t a, int32_t b, overlaps *found);

#endif
