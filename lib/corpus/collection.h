/* SPDX-License-Identifier: Apache-2.0 */
/* A data set while it is put together: encounters with their split, texts and labels, in any order of
 * arrival; then the choice of labels, and the four files train.jsonl, dev.jsonl, test.jsonl and labels.tsv
 * (formats/encounters.md, formats/labels.md).
 *
 *     collection *c = collection_new(true);
 *     e = collection_add(c, id, n, COLLECTION_TRAIN);  collection_text(c, e, order, json, n);
 * collection_label(c, e, code, n); collection_choose(c, &how);  collection_write(c, folder);
 * collection_free(c);
 *
 * Texts go into a temporary file ($TMPDIR). Memory: 24 bytes a text, 48 bytes and the id an encounter, 8
 * bytes a label of an encounter, and the codes with their descriptions. */
#ifndef ECAN_CORPUS_COLLECTION_H
#define ECAN_CORPUS_COLLECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { COLLECTION_NO_SPLIT = -1, COLLECTION_TRAIN, COLLECTION_DEV, COLLECTION_TEST, COLLECTION_SPLITS };

/* "train", "dev", "test". */
extern const char *const collection_split_name[COLLECTION_SPLITS];

typedef struct collection collection;

/* documents: an encounter has an array of notes, each text a JSON object. Otherwise each encounter has one
 * text, the members of its JSON object besides id and labels. NULL with the message set. */
collection *collection_new(bool documents);
void collection_free(collection *c); /* NULL is fine */

/* The encounter of that id, which is new or keeps its split. -1 with the message set. */
int32_t collection_add(collection *c, const char *id, size_t n, int split);
/* That encounter, or -1. */
int32_t collection_find(const collection *c, const char *id, size_t n);
int collection_split(const collection *c, int32_t e);
void collection_set_split(collection *c, int32_t e, int split);
/* Encounters are written in the order of these two numbers, and then of arrival. */
void collection_order(collection *c, int32_t e, int64_t first, int64_t second);
int32_t collection_count(const collection *c);

/* A text of the encounter; those of one encounter are written in the order of their numbers, equal ones in
 * the order of arrival. A text of an encounter in no split is counted and not kept. 0 or -1. */
int collection_text(collection *c, int32_t e, int32_t order, const char *json, size_t n);

/* 0 or -1. A code that comes twice for an encounter counts once. */
int collection_label(collection *c, int32_t e, const char *code, size_t n);
/* The description of a code that some encounter has; of several the first counts. Others are passed over. 0
 * or -1. */
int collection_describe(collection *c, const char *code, size_t n, const char *description, size_t size);

typedef struct collection_choice {
    int32_t min_count; /* labels of fewer encounters are left out */
    int32_t top;       /* > 0: the most frequent labels; of equally frequent ones those that came first */
    bool count_rows;   /* a code that comes twice for an encounter counts twice here, as CAML counts */
} collection_choice;

typedef struct collection_counts {
    int32_t encounters[COLLECTION_SPLITS], labels;
    int32_t unlabelled; /* encounters of a split that have a text and no label: they are left out */
    int32_t textless;   /* encounters of a split that have labels and no text: they are left out too */
    double labels_each; /* mean over all encounters */
} collection_counts;

/* Which labels there are: counted over all encounters that have a text, also those in no split. Once, after
 * everything was added. 0 or -1. */
int collection_choose(collection *c, const collection_choice *how, collection_counts *counts);

/* Instead of choosing labels and writing splits: all encounters that have a text as lines of JSON to f, with
 * their labels where labelled is set ([] where there are none). Once, after everything was added. A failed
 * write stays with f. 0 or -1. */
int collection_write_lines(collection *c, FILE *f, bool labelled);

/* The four files into the folder, which is made where it is not there: all of them, or none. 0 or -1. */
int collection_write(const collection *c, const char *folder);

#endif
