/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files that have no name: they are gone when they are closed, however the program ends. */
#ifndef ECAN_BASE_TEMPFILE_H
#define ECAN_BASE_TEMPFILE_H

#include <stdio.h>

/* A file for writing and reading in $TMPDIR (/tmp where that is not set). Owned by the caller (fclose).
 * NULL with the message set. */
FILE *tempfile_open(void);

/* The folder that the file is in, for messages. Borrowed. */
const char *tempfile_folder(void);

#endif
