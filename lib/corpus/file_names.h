/* SPDX-License-Identifier: Apache-2.0 */
/* Ids as names of files: a slash, a percent sign, a control character and a point at the beginning become
 * %2F and so on, in hexadecimal. */
#ifndef ECAN_CORPUS_FILE_NAMES_H
#define ECAN_CORPUS_FILE_NAMES_H

#include "base/mem.h"

/* Appends the name of an id. 0, or -1: it is too long. */
int file_name_add(buf *name, const char *id, size_t n);

/* Appends the id of a name; a percent sign that no two hexadecimal digits follow is unchanged. 0 or -1. */
int file_name_decode(buf *id, const char *name, size_t n);

#endif
