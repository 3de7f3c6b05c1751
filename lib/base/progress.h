/* SPDX-License-Identifier: Apache-2.0 */
/* A progress line on standard error, rewritten in place. Nothing is printed unless standard error is a
 * terminal. In a pipe of several programs only one has the line: the first that knows the remaining time, or
 * after a second any. It keeps it to its end (it locks the terminal). */
#ifndef ECAN_BASE_PROGRESS_H
#define ECAN_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct progress {
    const char *program, *unit; /* for example "ecan-embed", "words"; borrowed */
    uint64_t total;             /* 0 if unknown: the time left is then not shown */
    double left;       /* seconds that remain, if the caller knows them better than by total; 0: no */
    const char *bound; /* "at most": added to the time left; NULL: nothing */
    double start, last;
    bool on;
    double from, to;  /* private: the part of the stage that this program's input is, 0 .. 1 */
    int fd, terminal; /* where the line is written; the locked terminal, -1: not opened yet */
    bool has_line;
} progress;

/* Pipelines set variables of the environment. ECAN_STAGE: the line begins with the stage of the run, "2 of 4:
 * word vectors", and not with the program. ECAN_PART: the input is the part "0.25 0.5" of the stage's.
 * ECAN_PROGRESS: the descriptor of the line, if it is not standard error; -1: no line. ECAN_RECORDS: the
 * number of records, for a program that reads a pipe. */
void progress_start(progress *p, const char *program, const char *unit, uint64_t total, bool quiet);
/* Sets the total from the fraction of the input that these units were. 0: the fraction is not known. */
void progress_fraction(progress *p, uint64_t done, double fraction);
/* Prints at most ten times a second: "ecan-embed, 1 min 20 s left: 120000 words, 53000 words/s, NOTE".
 * progress_note may be "". */
void progress_update(progress *p, uint64_t done, const char *progress_note);
/* Prints "ecan-terms: TEXT" at once, for a step without a count. */
void progress_step(progress *p, const char *text);
void progress_end(progress *p); /* erases the line */

double progress_now(void); /* seconds of a monotonic clock */

#endif
