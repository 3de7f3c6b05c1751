/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the text files of a folder, at any depth, and derives ids from their names. */
#ifndef ECAN_CORPUS_CONVERT_FILES_H
#define ECAN_CORPUS_CONVERT_FILES_H

#include "corpus/convert.h"

typedef struct convert_file {
    const char *path;
    convert_slice encounter; /* the name without .txt, or the folder below the given one */
    convert_slice note;      /* the path within that folder without .txt */
} convert_file;

/* Calls read for the file, or for each file of the folder: in order of their names, first the files of a
 * folder, then those of the folders in it. Names must end in .txt or .txt.gz, in upper or lower case; a
 * file that is passed as path can have any name. Other files are counted as left out with the reason
 * `other`, unless their names end in one of `beside` (a list that NULL ends; NULL: none). Hidden files, whose
 * names begin with a dot, are ignored. Errors of read go through convert_bad(). 0 or -1. */
int convert_each_file(convert *v, const char *path, const char *const *beside, const char *other,
                      int (*read)(convert *, const convert_file *));

/* The length of a name without .txt or .txt.gz; the whole length if it has another ending. */
size_t convert_stem(const char *name);

#endif
