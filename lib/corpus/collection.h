/* SPDX-License-Identifier: Apache-2.0 */
/* A data set while it is being built: encounters with their split, texts and labels, in any order. Then
 * labels are chosen, and the four files train.jsonl, dev.jsonl, test.jsonl and labels.tsv are written
 * (formats/encounters.md, formats/labels.md).
 *
 *     collection *c = collection_new(true);
 *     e = collection_add(c, id, n, COLLECTION_TRAIN);
 *     collection_text(c, e, order, json, n);
 *     collection_label(c, e, code, n);
 *     collection_choose(c, &how);
 *     collection_write(c, folder);
 *     collection_free(c);
 * Texts are stored in a temporary file ($TMPDIR). Memory: 24 bytes for each text, 56 bytes and the id for
 * each encounter, 8 bytes for each label of an encounter, and the codes with their descriptions. */
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

/* documents: an encounter has an array of notes, and each text is a JSON object. Otherwise each encounter
 * has one text: the members of its JSON object without id and labels. NULL with the message set. */
collection *collection_new(bool documents);
void collection_free(collection *c); /* NULL is allowed */

/* The encounter with that id. A new one gets the split; an existing one keeps its own. -1 with the message
 * set. */
int32_t collection_add(collection *c, const char *id, size_t n, int split);
/* Sets the patient of an encounter. The first one is kept. 0 or -1. */
int collection_patient(collection *c, int32_t e, const char *patient, size_t n);
/* Remembers that the codes of the encounter are known, even if it has none. */
void collection_codes_known(collection *c, int32_t e);
/* The encounter with that id, or -1. */
int32_t collection_find(const collection *c, const char *id, size_t n);
/* The id of an encounter, followed by a NUL. Borrowed. */
const char *collection_id(const collection *c, int32_t e, size_t *n);
int collection_split(const collection *c, int32_t e);
void collection_set_split(collection *c, int32_t e, int split);
/* Sets the order in which encounters are written: by these two numbers, then by arrival. */
void collection_order(collection *c, int32_t e, int64_t first, int64_t second);
int32_t collection_count(const collection *c);

/* Adds a text to the encounter. Texts of an encounter are written in the order of their numbers, those
 * with equal numbers in order of arrival. A text of an encounter that is in no split is counted but not
 * stored. 0 or -1. */
int collection_text(collection *c, int32_t e, int32_t order, const char *json, size_t n);

/* The number of texts of the encounter. */
int32_t collection_texts(const collection *c, int32_t e);

/* Adds a code to the encounter; a code that is added twice counts once. 0 or -1. */
int collection_label(collection *c, int32_t e, const char *code, size_t n);
/* Sets the description of a code that some encounter has. The first description of a code is kept.
 * Descriptions of other codes are ignored. 0 or -1. */
int collection_describe(collection *c, const char *code, size_t n, const char *description, size_t size);

typedef struct collection_choice {
    int32_t min_count; /* labels of fewer encounters are dropped */
    int32_t
        top; /* > 0: only the most frequent labels are kept; of equally frequent ones those that came first */
    bool count_rows; /* a code that is added twice to an encounter counts twice here, as in CAML */
} collection_choice;

typedef struct collection_counts {
    int32_t encounters[COLLECTION_SPLITS], labels;
    int32_t unlabelled; /* encounters of a split that have a text but no label: they are left out */
    int32_t textless;   /* encounters of a split that have labels but no text: they are left out, too */
    double labels_each; /* labels for each encounter, on average */
} collection_counts;

/* Chooses the labels by their frequency in all encounters that have a text, also in those that are in no
 * split. Called once, after everything was added. 0 or -1. */
int collection_choose(collection *c, const collection_choice *how, collection_counts *counts);

/* Which encounters have labels in the lines, [] if there are none. */
typedef enum collection_labelled {
    COLLECTION_UNLABELLED,
    COLLECTION_LABELLED,
    COLLECTION_KNOWN /* those of collection_codes_known() */
} collection_labelled;

/* An alternative to choosing labels and writing splits: writes all encounters that have a text as lines of
 * JSON to f. Called once, after everything was added. A write error is left in the state of f. 0 or -1. */
int collection_write_lines(collection *c, FILE *f, collection_labelled labelled);

/* Writes the four files into the folder, which is created if it does not exist. Either all are written, or
 * none. 0 or -1. */
int collection_write(const collection *c, const char *folder);

#endif
