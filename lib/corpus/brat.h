/* SPDX-License-Identifier: Apache-2.0 */
/* The annotations of brat, one in each line of NAME.ann:
 *
 *     T1<tab>Disease 0 6<tab>koorts               a mark: a type and its place in NAME.txt
 *     T2<tab>Disease 0 6;10 14<tab>koorts hoog    a discontinuous mark
 *     E1<tab>Disease:T1                           an event, which a mark names
 *     N1<tab>Reference T1 ICD-10:R50.9<tab>Fever  the code of a mark in a code system
 *     #1<tab>AnnotatorNotes T1<tab>R50.9          a remark, which can be a code
 *
 * Other lines (relations R, attributes A and M, equivalences *) have no code. */
#ifndef ECAN_CORPUS_BRAT_H
#define ECAN_CORPUS_BRAT_H

#include "base/map.h"
#include "base/mem.h"
#include "text/offsets.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct brat_line {
    const char *id, *annotation, *text; /* the fields; "" where there is none */
    int number;
} brat_line;

typedef struct brat_part {
    size_t begin, end;
} brat_part;

typedef struct brat_mark {
    const brat_line *line;
    size_t type;     /* bytes of the type, with which the annotation of the line begins */
    size_t first, n; /* parts */
    bool coded;      /* a code has this mark */
} brat_mark;

typedef struct brat {
    brat_line *lines;
    brat_mark *marks;
    brat_part *parts;
    size_t n_lines, n_marks, n_parts, cap_lines, cap_marks, cap_parts, cap_mark_of;
    map *names;       /* T1, E1 */
    int32_t *mark_of; /* [names] index of the mark; -1: none */
    offset_unit unit; /* of the offsets, */
    size_t shift;     /* and what is to be subtracted from them */
} brat;

/* Reads the annotations. ann is overwritten and borrowed, and ends with NUL; text[0 .. n) is that of the
 * note, for brat_part_in_text(). 0, or -1 with "line N: reason". Call brat_close() in both cases. */
int brat_read(brat *b, char *ann, const char *text, size_t n);
void brat_close(brat *b);

/* The mark with that name, which is that of an event if it is E1. NULL: there is none. */
brat_mark *brat_find(const brat *b, const char *name, size_t n);

/* Whether the text of the mark's line is at its place in the note. White space is not compared. True if the
 * line has no text. */
bool brat_is_at_its_place(const brat *b, const brat_mark *m, const char *text, size_t n);

#endif
