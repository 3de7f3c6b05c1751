/* SPDX-License-Identifier: Apache-2.0 */
/* Files of one thing a line: vocab.txt, labels.tsv, encounters.jsonl. A line may have any bytes, and is as
 * long as it is, up to a ceiling; a pipe's lines come as soon as they are there. */
#ifndef ECAN_TEXT_LINES_H
#define ECAN_TEXT_LINES_H

#include "base/mem.h"
#include "io/decode.h"
#include "io/inflate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct lines {
    char *text;       /* the line last read, without its line feed, NUL-ended; may hold NULs itself */
    size_t n;         /* bytes of it */
    uint64_t number;  /* 1 for the first */
    uint64_t offset;  /* bytes of the file before it */
    const char *path; /* borrowed */
    bool failed;      /* reading failed: no line can be read any more */

    int fd;   /* private, as what follows */
    buf data; /* bytes read; the unread ones begin at next */
    size_t next, max;
    uint64_t before; /* bytes of the file before data */
    inflater *gzip;  /* NULL where the file is not compressed */
    bool decodes;    /* the encoding and the byte order mark count */
    const char *encoding;
    decoder *decoder; /* NULL where the file is UTF-8 */
    buf raw;          /* bytes that go through it */
    bool ended;
} lines;

/* Opens a file ("-" is standard input) whose lines have max bytes at most; 0: any. A byte order mark at
 * its start is passed over. gzip data is decompressed: offsets are those of the text. 0, or -1 with "path:
 * reason". */
int lines_open(lines *l, const char *path, size_t max);
/* The same for a file in another encoding, which is converted: a byte order mark names it, otherwise encoding
 * (NULL: UTF-8). Offsets are those of the text in UTF-8. encoding is borrowed. */
int lines_open_encoded(lines *l, const char *path, size_t max, const char *encoding);

/* 1: the next line is there, until the next call; the last one may lack its line feed. 0: there is none. -1
 * with the message set: a line that is too long and was passed over (number and offset tell which), or a read
 * that failed. */
int lines_next(lines *l) __attribute__((warn_unused_result));

/* Whether the next line is there, or at least something of it that was not read yet. */
bool lines_ready(const lines *l);

/* Prefixes the message with "path: line N: "; returns -1. */
int lines_error(const lines *l);
void lines_close(lines *l);

/* A file to write; NULL with the message set. lines_finish() checks all that was written and the close: 0 or
 * -1. */
FILE *lines_create(const char *path);
int lines_finish(FILE *f, const char *path);

#endif
