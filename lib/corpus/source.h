/* SPDX-License-Identifier: Apache-2.0 */
/* The public data sets by name: how each is read, which labels are chosen, and the counts that its authors
 * published. */
#ifndef ECAN_CORPUS_SOURCE_H
#define ECAN_CORPUS_SOURCE_H

#include "corpus/collection.h"

typedef enum corpus_layout {
    CORPUS_XMC,
    CORPUS_MIMIC3,
    CORPUS_MIMIC4,
    CORPUS_MDACE,
    CORPUS_ENCOUNTERS
} corpus_layout;

typedef struct corpus_source {
    const char *name;
    corpus_layout layout;
    const char *lists; /* names of the lists of ids, with %s for the split; NULL: the files themselves give
                          the splits */
    int icd;           /* 9 or 10; for MIMIC-IV */
    collection_choice choice;
    int32_t dev;                          /* number held out of train */
    int32_t published[COLLECTION_SPLITS]; /* published number of encounters; 0: not checked */
    int32_t published_labels, nearly;     /* differences of at most nearly are not reported */
} corpus_source;

#define CORPUS_SOURCES                                                                                       \
    "eurlex, wiki10, mimic3-full, mimic3-50, mimic3-clean, mimic4-icd9, mimic4-icd10, mdace, mdace-code, "   \
    "encounters"

/* NULL: no source has that name. */
const corpus_source *source_find(const char *name);

/* Reads the files of the source in the folders and chooses labels. splits: path of the splits (splits.h);
 * NULL if the source needs none. top: > 0 replaces the number of labels of the source. dev: >= 0 replaces
 * its number of dev documents. 0 or -1. */
typedef struct corpus_reading {
    const char *const *folders;
    int n_folders;
    const char *splits;
    int64_t top, dev;
    uint64_t seed;
} corpus_reading;
collection *source_read(const corpus_source *source, const corpus_reading *how, collection_counts *counts);

#endif
