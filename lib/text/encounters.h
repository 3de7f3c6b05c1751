/* SPDX-License-Identifier: Apache-2.0 */
/* Reads files of encounters (formats/encounters.md). Several threads process the lines of a group.
 * Encounters are returned in order. Memory use does not grow with their number: hashes of ids are moved to
 * a temporary file (idset.h). */
#ifndef ECAN_TEXT_ENCOUNTERS_H
#define ECAN_TEXT_ENCOUNTERS_H

#include "base/pool.h"
#include "text/encounter.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct encounters encounters;

/* Files are opened one after another when they are needed; "-" is standard input. max_line: the largest
 * number of bytes of a line. All arguments are borrowed until encounters_close(). NULL if memory is out. */
encounters *encounters_open(const char *const *files, int n, size_t max_line, const tokenizer *t,
                            const notes_rules *rules, pool *threads);
void encounters_close(encounters *r); /* NULL is fine */

/* Returns 1 and sets *e to the next encounter (borrowed until the next call), 0 at the end, or -1 with
 * "FILE: line N (id): offset M: reason", with the id if it is known. After -1 the next call continues with
 * the next line, unless encounters_failed(). */
int encounters_next(encounters *r, const encounter **e) __attribute__((warn_unused_result));

/* Whether the last error was a read error, out of memory, or one of the temporary file of ids, after which
 * nothing can be read. */
bool encounters_failed(const encounters *r);

/* The fraction of the files that has been read, in bytes. 0 if that is not known, as for a pipe. */
double encounters_fraction(const encounters *r);

#endif
