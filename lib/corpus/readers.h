/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of public data sets in the layout of their publishers: each fills a collection. 0, or -1 with the
 * message set. */
#ifndef ECAN_CORPUS_READERS_H
#define ECAN_CORPUS_READERS_H

#include "corpus/collection.h"
#include "corpus/splits.h"
#include "corpus/table.h"

#include <stdint.h>

/* The layout of the extreme classification community: {train,test}_{raw_texts,raw_text,texts}.txt, a document
 * a line; {train,test}_labels.txt, the labels of a document a line; and perhaps label_map.txt. dev documents
 * are held out of train, chosen by the seed. */
int read_xmc(collection *c, const char *folder, int64_t dev, uint64_t seed);

typedef struct mimic_options {
    int version;     /* 3 or 4 */
    int icd;         /* 9 or 10: which codes of MIMIC-IV are read */
    bool caml_point; /* procedures of two characters get a point, as in CAML */
} mimic_options;

/* Admissions with their discharge summaries, diagnoses and procedures. */
int read_mimic(collection *c, const table_folders *in, const splits *s, const mimic_options *how);

/* MDACE: a JSON file for each admission in the first folder or below it; the texts of the notes from
 * NOTEEVENTS, unless the files have them. */
int read_mdace(collection *c, const table_folders *in, const splits *s);

/* Encounters as ecan has them: train, dev and test, each .jsonl or .jsonl.gz, and perhaps labels.tsv. */
int read_encounters(collection *c, const char *folder);

#endif
