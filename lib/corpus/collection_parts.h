/* SPDX-License-Identifier: Apache-2.0 */
/* The members of a collection, for the files that fill it and write it. */
#ifndef ECAN_CORPUS_COLLECTION_PARTS_H
#define ECAN_CORPUS_COLLECTION_PARTS_H

#include "base/map.h"
#include "base/mem.h"
#include "corpus/collection.h"

#include <stdio.h>

typedef struct collection_encounter {
    int64_t order[2];
    int32_t split, texts, labels; /* texts: number added; labels: number kept */
    int32_t patient;              /* -1: unknown */
    bool codes_known;
} collection_encounter;

/* A text in the temporary file. */
typedef struct collection_piece {
    int64_t offset;
    int32_t encounter, order, arrival, size;
} collection_piece;

typedef struct collection_pair {
    int32_t encounter, code;
} collection_pair;

struct collection {
    bool documents;
    map *ids, *codes, *patients;
    collection_encounter *encounters; /* [map_size(ids)] */
    collection_piece *texts; /* [n_texts]; after collection_choose() in the order in which they are written */
    collection_pair *labels; /* [n_labels]; after collection_choose() only those that are kept, sorted by
                                encounter and code */
    size_t *description;     /* [codes]: offsets; SIZE_MAX: no description */
    bool *kept;              /* [codes]: after collection_choose(), whether the code is written */
    int32_t *rank;           /* [codes]: rank in the order of their bytes */
    buf descriptions;
    size_t n_texts, n_labels, cap_encounters, cap_texts, cap_labels, cap_description;
    FILE *spool;
    int64_t spooled; /* bytes in the temporary file */
};

/* Whether the encounter is written to a file. */
static inline bool collection_is_written(const collection_encounter *e)
{
    return e->split != COLLECTION_NO_SPLIT && e->texts > 0 && e->labels > 0;
}

/* Sorts texts and labels in the order in which they are written. 0 or -1. */
int collection_sort(collection *c);

#endif
