/* SPDX-License-Identifier: Apache-2.0 */
/* The text files of a folder, at any depth, and what their names say. */
#ifndef ECAN_CORPUS_CONVERT_FILES_H
#define ECAN_CORPUS_CONVERT_FILES_H

#include "corpus/convert.h"

typedef struct convert_file {
    const char *path;
    convert_slice encounter; /* the name without .txt, or the folder below the one given */
    convert_slice note;      /* the path in that folder without .txt */
} convert_file;

/* Calls read for the file, or for the files of the folder in the order of their names, those of folders after
 * those of the folder itself. Names end in .txt or .txt.gz, in capitals or not; a file that was given itself
 * can have any name. Other files are counted as left out with the reason `other`, unless
 * their names end in `beside` (NULL: none); names that begin with a
 * point are hidden. What read reports goes through convert_bad(). 0 or -1. */
int convert_each_file(convert *v, const char *path, const char *beside, const char *other,
                      int (*read)(convert *, const convert_file *));

/* The bytes of a name without .txt or .txt.gz; all of them where it does not end so. */
size_t convert_stem(const char *name);

#endif
