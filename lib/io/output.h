/* SPDX-License-Identifier: Apache-2.0 */
/* Output files that appear complete or not at all, and that never replace what the program reads.
 *
 *     output_file *out = output_open(path, OUTPUT_NOTES);
 *     ... write to output_fd(out), or to output_stdio(out) ...
 *     output_commit(out), or output_discard(out) after a failure
 *
 * A file is written under another name in its folder and renamed when it is complete, over one that exists.
 * It is not synced to disk: that a file is complete holds when the program is killed, not when the machine
 * loses power. Standard output, devices, pipes and sockets are written directly.
 *
 * Everything that opens an input says so here. An output that is an input (the same device and inode,
 * whatever the name) is an error, whichever of them is opened first. */
#ifndef ECAN_IO_OUTPUT_H
#define ECAN_IO_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/* ---- what is read ---- */

/* Whether inputs are recorded from now on; false also forgets those recorded. Programs record them from their
 * start. The library libecan does not, so that a host program keeps no list of the files of its models. */
void input_record(bool on);

/* The file behind fd is an input; name is for the message. 0, or -1: it is an output, too, or memory. */
int input_opened(int fd, const char *name);
/* The same for files that will be opened later; "-" is standard input. What does not exist is passed over. */
int input_named(const char *const *paths, int n);
/* The same for every file of a folder. */
int input_folder(const char *path);

/* ---- what is written ---- */

typedef enum output_content {
    OUTPUT_NOTES, /* may contain patients' notes: a new file has mode 0600 */
    OUTPUT_PLAIN  /* a new file has the mode that the umask gives */
} output_content; /* a file that exists keeps its mode, and its owner where that is possible */

typedef struct output_file output_file;

/* path: "-" or NULL is standard output; a symbolic link means the file it points to. path is borrowed.
 * NULL with the message set: cannot be written, is an input, or is another output. */
output_file *output_open(const char *path, output_content content);

int output_fd(const output_file *out);
const char *output_name(const output_file *out); /* for messages */
bool output_is_direct(
    const output_file *out); /* what is written is there at once, and cannot be taken back */

/* A stdio stream that writes to it, made at the first call; output_commit() closes it. NULL with the message
 * set. */
FILE *output_stdio(output_file *out);

/* Checks what was written, closes, renames. Frees out. 0, or -1 with the message set, and then no file has
 * appeared. */
int output_commit(output_file *out);
/* Closes; no file appears. Frees out; keeps err_message(). NULL is fine. */
void output_discard(output_file *out);
/* All that are open: for the end of a program. */
void output_discard_all(void);

#endif
