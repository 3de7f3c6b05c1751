/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary files without a name. They disappear when they are closed, however the program ends. */
#ifndef ECAN_BASE_TEMPFILE_H
#define ECAN_BASE_TEMPFILE_H

#include <stdio.h>

/* Opens a file for writing and reading in $TMPDIR, or in /tmp if TMPDIR is not set. Owned by the caller
 * (fclose). NULL with the message set. */
FILE *tempfile_open(void);

/* The folder of the file, for messages. Borrowed. */
const char *tempfile_folder(void);

#endif
