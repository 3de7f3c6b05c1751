/* SPDX-License-Identifier: Apache-2.0 */
/* Which split an encounter is in, as the authors of a data set publish it: a list of ids for each split, or
 * one table of id and split. */
#ifndef ECAN_CORPUS_SPLITS_H
#define ECAN_CORPUS_SPLITS_H

#include "base/map.h"
#include "corpus/collection.h"

typedef struct splits {
    map *ids;
    signed char *split; /* [map_size(ids)] */
    size_t cap;
} splits;

/* path is a folder with the lists, whose names are pattern with train, dev (or val) and test for %s and which
 * have an id a line, with or without the name of the column before them; or a CSV file with the columns _id
 * (or id, hadm_id) and split. 0, or -1 with the message set. */
int splits_read(splits *s, const char *path, const char *pattern);
void splits_free(splits *s);

/* COLLECTION_NO_SPLIT where it is in none. */
int splits_find(const splits *s, const char *id, size_t n);

#endif
