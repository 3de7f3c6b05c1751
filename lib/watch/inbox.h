/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a folder that have no result yet, and their results in another folder. For the file NAME:
 *
 *     NAME.predicted.jsonl   its result
 *     NAME.error             or why there is none
 * Each has the modification time of its input. So a result belongs to the input as it is, and the state is in
 * the folders only: nothing is lost or repeated when the program is killed. */
#ifndef ECAN_WATCH_INBOX_H
#define ECAN_WATCH_INBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#define INBOX_RESULT ".predicted.jsonl"
#define INBOX_ERROR  ".error"

typedef struct inbox {
    const char *path, *results; /* borrowed. The folders are not kept open: they may be deleted */
} inbox;

/* Makes the second folder, for its owner only, if it does not exist. 0, or -1 with the message set: one
 * cannot be used, or they are the same. */
int inbox_open(inbox *b, const char *path, const char *results);

/* A regular file that is to be predicted now: 1, and *modified is set. 0: it has a result, or is ignored: the
 * names of temporary files (".x", "x~", "x.tmp", "x.part", "x.partial", "x.filepart"), links, folders, and
 * files that a process has open for writing. -1: it must not be read; *modified is set. -2: the system could
 * not tell; it is tried again. Both set the message. */
int inbox_pending(const inbox *b, const char *name, struct timespec *modified);

/* The names of files that are to be predicted now, oldest first. names[*n] and its elements are owned by the
 * caller: inbox_free_names(). 0 or -1. */
int inbox_list(const inbox *b, char ***names, size_t *n);
void inbox_free_names(char **names, size_t n);

/* Deletes what a prediction left that was killed while it replaced a result. Only while none runs. */
void inbox_remove_temporary(const inbox *b);

/* "results/NAME" and the suffix. Owned by the caller (free). NULL: out of memory. */
char *inbox_result_path(const inbox *b, const char *name, const char *suffix);

/* Writes NAME.error, completely or not at all, and removes an older result. 0 or -1. */
int inbox_write_error(const inbox *b, const char *name, const struct timespec *modified, const char *text);
/* Removes an older NAME.error. */
void inbox_remove_error(const inbox *b, const char *name);

#endif
