/* SPDX-License-Identifier: Apache-2.0 */
/* From the weights of the words to passages of the notes; what explainer_find() (evidence.h) is made of. */
#ifndef ECAN_EVAL_PASSAGE_H
#define ECAN_EVAL_PASSAGE_H

#include "eval/evidence.h"

/* The record's documents, *n of them, into *notes with room for *cap, which grows. 0 or -1. */
int notes_read(const record *r, evidence_note **notes, size_t *cap, size_t *n);

/* Where the words of an encounter stand. */
typedef struct place {
    int32_t note; /* -1: nowhere, a marker */
    bool gap;     /* words of its note were left out right before it */
    size_t begin, end, begin_byte, end_byte;
} place;

typedef struct places {
    place *of; /* [T] */
    size_t T, cap;
    struct place_cursor *cursors; /* [notes], private */
    size_t cursors_cap;
} places;

void places_free(places *p);

/* Finds the words of spans[T][3] in the notes. 0, or -1: a word beyond its note, or before the one before it.
 */
int places_find(places *p, const int32_t *spans, size_t T, const evidence_note *notes, size_t n_notes);

/* Sets the gaps (formats/tokens.md) of words that were found. 0, or -1: words before there is one. */
int places_gaps(places *p, const int32_t *gaps, size_t n);

/* What a word weighs for a code, and which attention weighs it most. */
typedef struct weighed {
    float weight, largest; /* largest: of that attention */
    int attention;
} weighed;

/* Words are chosen by weight: the heaviest first, of equals the one that comes first. */
typedef struct chooser {
    const places *places;
    const weighed *words; /* [T] */
    const int *ngrams;    /* [attentions]: words of a passage whose peak that attention weighs most */
    const int *blocks;    /* [attentions] */
    int top;
    float above;
    int32_t *heap;       /* scratch, [T] */
    unsigned char *seen; /* scratch, [T] */
    const passage *term; /* the first passage; NULL: none */
} chooser;

/* Adds the passages of one code to e, the term and then by weight. How many; -1 when memory is out. */
int passages_choose(const chooser *c, evidence *e);

/* The passage of n words around word t, which stands in a note; it ends where the note does, at a gap, and at
 * the words of term (NULL: there are none), of which t is not one. */
passage passage_around(const places *p, size_t t, int n, const passage *term);

/* The passage of the words first .. end - 1, all of it its peak; it ends as above. False: none of them stands
 * in a note. */
bool passage_of_words(const places *p, size_t first, size_t end, passage *found);

#endif
