/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of public data sets in the layout of their publishers. Each fills a collection and returns 0, or
 * -1 with the message set. */
#ifndef ECAN_CORPUS_READERS_H
#define ECAN_CORPUS_READERS_H

#include "corpus/collection.h"
#include "corpus/splits.h"
#include "corpus/table.h"

#include <stdint.h>

/* The layout of the extreme classification community. {train,test}_{raw_texts,raw_text,texts}.txt has a
 * document in each line. {train,test}_labels.txt has the labels of a document in each line. label_map.txt is
 * optional. Dev documents are drawn from train with the seed. */
int read_xmc(collection *c, const char *folder, int64_t dev, uint64_t seed);

typedef struct mimic_options {
    int version;     /* 3 or 4 */
    int icd;         /* 9 or 10: the version of the codes that are read from MIMIC-IV */
    bool caml_point; /* procedure codes of two characters get a point, as in CAML */
} mimic_options;

/* Reads admissions with their discharge summaries, diagnoses and procedures. */
int read_mimic(collection *c, const table_folders *in, const splits *s, const mimic_options *how);

/* Reads MDACE: one JSON file for each admission, in the first folder or below it. The texts of the notes
 * are read from NOTEEVENTS unless the files have them. */
int read_mdace(collection *c, const table_folders *in, const splits *s);

/* Reads encounters in ecan's format: train, dev and test, each .jsonl or .jsonl.gz, and optionally
 * labels.tsv. */
int read_encounters(collection *c, const char *folder);

#endif
