/* Text files of one thing a line: vocab.txt, labels.tsv. */
#ifndef ECAN_TEXT_LINES_H
#define ECAN_TEXT_LINES_H

#include <stddef.h>
#include <stdio.h>

typedef struct lines {
    FILE *f;
    const char *path; /* borrowed */
    char *text;       /* the line last read, without its line feed, NUL-ended; may hold NULs */
    size_t n, cap;    /* bytes of it; private */
    long number;      /* 1 for the first */
} lines;

/* 0, or -1 with "path: reason". A byte order mark before the first line is skipped. */
int lines_open(lines *l, const char *path);
/* 1: text[0 .. n) is the next line; 0: there is none; -1: the read failed, or the line is not UTF-8. The last
 * line may lack its line feed. */
int lines_next(lines *l);
/* Prefixes the message with "path: line N: "; returns -1. */
int lines_error(const lines *l);
void lines_close(lines *l);

/* A file to write: NULL with the message set. lines_finish() checks every write and the close: 0, or -1. */
FILE *lines_create(const char *path);
int lines_finish(FILE *f, const char *path);

#endif
