/* SPDX-License-Identifier: Apache-2.0 */
/* The split of each encounter, as published by the authors of a data set: a list of ids for each split, or
 * one table of ids and splits. */
#ifndef ECAN_CORPUS_SPLITS_H
#define ECAN_CORPUS_SPLITS_H

#include "base/map.h"
#include "corpus/collection.h"

typedef struct splits {
    map *ids;
    signed char *split; /* [map_size(ids)] */
    size_t cap;
} splits;

/* path is a folder with lists, or a CSV file. The names of lists are pattern, in which %s is train, dev
 * (or val) or test. A list has one id in each line, and may begin with the name of the column. The CSV
 * file has the columns _id (or id, hadm_id) and split. 0, or -1 with the message set. */
int splits_read(splits *s, const char *path, const char *pattern);
void splits_free(splits *s);

/* COLLECTION_NO_SPLIT if it is in no split. */
int splits_find(const splits *s, const char *id, size_t n);

#endif
