/* SPDX-License-Identifier: Apache-2.0 */
/* Output files that appear complete or not at all, and that never replace an input of the program.
 *
 *     output_file *out = output_open(path, OUTPUT_NOTES);
 *     ... write to output_fd(out), or to output_stdio(out) ...
 *     output_commit(out), or output_discard(out) after a failure
 *
 * A file is written under another name in its folder. When it is complete it is synced and renamed, and
 * replaces an existing file; then its folder is synced. So a file is the old or the new one even if the
 * machine loses power. Standard output, devices, pipes and sockets are written directly.
 *
 * Every input is recorded here when it is opened. An output that is also an input (the same device and inode)
 * is an error, whichever is opened first. */
#ifndef ECAN_IO_OUTPUT_H
#define ECAN_IO_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* ---- inputs ---- */

/* Whether inputs are recorded from now on; false also forgets those recorded. Programs record them from the
 * start. libecan does not, so that a program that uses it keeps no list of files. */
void input_record(bool on);

/* Records the open file fd as an input; name is for the message. 0, or -1: it is also an output, or memory is
 * out. */
int input_opened(int fd, const char *name);
/* The same for files that will be opened later; "-" is standard input. Files that do not exist are skipped.
 */
int input_named(const char *const *paths, int n);
/* The same for every file of a folder. */
int input_folder(const char *path);

/* Whether the file is an output that is open: for inputs that are too many to be recorded. */
struct stat;
bool output_has(const struct stat *file);

/* ---- outputs ---- */

typedef enum output_content {
    OUTPUT_NOTES, /* may contain patients' notes: a new file has mode 0600 */
    OUTPUT_PLAIN  /* a new file has the mode that the umask gives */
} output_content; /* an existing file keeps its mode, and its owner if possible */

typedef struct output_file output_file;

/* path: "-" or NULL is standard output; a symbolic link is followed. path is borrowed. NULL with the message
 * set: the file cannot be written, or is an input or another output. */
output_file *output_open(const char *path, output_content content);

int output_fd(const output_file *out);
const char *output_name(const output_file *out); /* for messages */
bool output_is_direct(
    const output_file *out); /* written bytes are visible at once, and cannot be discarded */

/* For a file that is not written with output_open(): 0, or -1 with the message set if it is an input. */
int output_check(const char *path);

/* A stdio stream that writes to out, made at the first call. output_commit() closes it. NULL with the message
 * set. */
FILE *output_stdio(output_file *out);

/* Checks all writes, syncs, closes and renames. Frees out. 0, or -1 with the message set. No file appears
 * then, unless only the sync of its folder failed. */
int output_commit(output_file *out);
/* Closes out, without a file. Frees out and does not change err_message(). out may be NULL. */
void output_discard(output_file *out);
/* Discards all outputs that are open: for the end of a program. */
void output_discard_all(void);

#endif
