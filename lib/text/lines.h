/* SPDX-License-Identifier: Apache-2.0 */
/* Reads text files line by line: vocab.txt, labels.tsv, encounters.jsonl. A line may contain any bytes and
 * has any length up to a limit. Lines of a pipe are returned as soon as they are complete. */
#ifndef ECAN_TEXT_LINES_H
#define ECAN_TEXT_LINES_H

#include "base/mem.h"
#include "io/decode.h"
#include "io/inflate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Longest line of files whose lines are a word or a code with little text. */
#define LINES_SHORT ((size_t)1 << 20)

typedef struct lines {
    char *text;       /* the current line without its line feed, NUL-terminated; may contain NULs */
    size_t n;         /* bytes of it */
    uint64_t number;  /* 1 for the first */
    uint64_t offset;  /* bytes of the file before it */
    const char *path; /* borrowed */
    bool failed;      /* reading failed: no more lines can be read */

    int fd;   /* private, like the members below */
    buf data; /* bytes read; the unread ones begin at next */
    size_t next, max;
    uint64_t before; /* bytes of the file before data */
    inflater *gzip;  /* NULL if the file is not compressed */
    bool decodes;    /* the encoding, or that of a byte order mark, is converted */
    const char *encoding;
    decoder *decoder; /* NULL if the file is UTF-8 */
    buf raw;          /* bytes before conversion */
    bool ended;
    bool dropping; /* the next bytes are the rest of a line that is too long */
} lines;

/* Opens a file ("-" is standard input) whose lines have at most max bytes (0: no limit). A byte order mark
 * at the start is skipped. gzip data is decompressed; offsets then refer to the text. Returns 0, or -1
 * with "path: reason". */
int lines_open(lines *l, const char *path, size_t max);
/* The same for a file in another encoding, which is converted: a byte order mark names it, otherwise encoding
 * (NULL: UTF-8). Offsets are those of the text in UTF-8. encoding is borrowed. */
int lines_open_encoded(lines *l, const char *path, size_t max, const char *encoding);
/* The same for an open file, which stays open and is read from its current position; path is for messages. */
int lines_open_fd(lines *l, int fd, const char *path, size_t max);

/* Returns 1 if a line was read, 0 at the end, or -1 with the message set. The line is valid until the next
 * call. The last line may lack its line feed. -1: reading failed, or the line is too long; then number and
 * offset are those of the line, and the next call skips the rest of it. */
int lines_next(lines *l) __attribute__((warn_unused_result));

/* The same. The message about a line that is too long also has path and line. */
int lines_next_named(lines *l) __attribute__((warn_unused_result));

/* Whether some of the next line was already read from the file. */
bool lines_ready(const lines *l);

/* Prefixes the message with "path: line N: "; returns -1. */
int lines_error(const lines *l);
void lines_close(lines *l);

/* Creates a file; the second, one that only the owner can read, because it has notes. NULL with the message
 * set. lines_finish() checks all writes and the close: 0 or -1. */
FILE *lines_create(const char *path);
FILE *lines_create_private(const char *path);
int lines_finish(FILE *f, const char *path);

#endif
