/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the weights of words into passages of the notes; used by explainer_find() (evidence.h). */
#ifndef ECAN_EVAL_PASSAGE_H
#define ECAN_EVAL_PASSAGE_H

#include "eval/evidence.h"
#include "text/seen_words.h"

/* Reads the record's *n documents into *notes, which has room for *cap and grows. 0 or -1. */
int notes_read(const record *r, evidence_note **notes, size_t *cap, size_t *n);

/* Positions of the words of an encounter. */
typedef struct place {
    int32_t note;       /* -1: none, a marker */
    bool gap;           /* words of its note were dropped right before it */
    bool start;         /* a phrase starts with it (places_phrases) */
    unsigned char kind; /* phrase_word of text/phrases.h */
    int32_t form;       /* equal for equal words; -1: unknown */
    size_t begin, end, begin_byte, end_byte;
} place;

typedef struct places {
    place *of; /* [T] */
    size_t T, cap;
    struct place_cursor *cursors; /* [notes], private */
    size_t cursors_cap;
    unsigned char *breaks; /* [T] of places_phrases(), private */
    size_t breaks_cap;
} places;

void places_free(places *p);

/* Finds the words of spans[T][3] in the notes. 0, or -1 if a word is beyond its note or before the
 * previous one. */
int places_find(places *p, const int32_t *spans, size_t T, const evidence_note *notes, size_t n_notes);

/* Sets the gaps (formats/tokens.md) of the words found. 0, or -1 if there are gaps before the first word. */
int places_gaps(places *p, const int32_t *gaps, size_t n);

/* Finds the phrases (text/phrases.h). words: those of the record, or NULL if it has no `tokens`. Then every
 * word is a content word. 0, or -1 when memory is out. */
int places_phrases(places *p, const int32_t *spans, const evidence_note *notes, seen_words *words);

/* The weight of a word for a code, and the attention that gives it the largest weight. */
typedef struct weighed {
    float weight, largest; /* largest: weight in that attention */
    int attention;
} weighed;

/* Words are chosen by descending weight; of equal weights the first comes first. */
typedef struct chooser {
    const places *places;
    const weighed *words; /* [T] */
    int ngram;            /* number of words of a passage; 0: its phrase */
    const int *blocks;    /* [attentions] */
    int top;
    float above;
    int32_t *heap;       /* scratch memory, [T] */
    unsigned char *seen; /* scratch memory, [T] */
    const passage *term; /* the first passage; NULL: none */
} chooser;

/* Adds the passages of one code to e: the term first, then by descending weight, then, with phrases, the
 * other places that have the same words. Returns how many, or -1 when memory is out. */
int passages_choose(const chooser *c, evidence *e);

/* The passage of n words around word t, which is in a note. It ends at the end of the note, at a gap, and
 * at the words of term (NULL: none), of which t is not one. */
passage passage_around(const places *p, size_t t, int n, const passage *term);

/* The passage of the words first .. end - 1, all of which are its peak. It ends as above. False if none of
 * them is in a note. */
bool passage_of_words(const places *p, size_t first, size_t end, passage *found);

#endif
