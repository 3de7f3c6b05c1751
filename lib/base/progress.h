/* SPDX-License-Identifier: Apache-2.0 */
/* A progress line on standard error, rewritten in place. Nothing is printed unless standard error is a
 * terminal. */
#ifndef ECAN_BASE_PROGRESS_H
#define ECAN_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct progress {
    const char *program, *unit; /* for example "ecan-embed", "words"; borrowed */
    uint64_t total;             /* 0 if unknown: the time left is then not shown */
    double start, last;
    bool on;
} progress;

void progress_start(progress *p, const char *program, const char *unit, uint64_t total, bool quiet);
/* Prints at most ten times a second: "ecan-embed: 120000 words, 53000 words/s, 0:42 left NOTE".
 * progress_note may be "". */
void progress_update(progress *p, uint64_t done, const char *progress_note);
void progress_end(progress *p); /* erases the line */

/* Writes ", 1:02:03 left" or ", 2:03 left". */
void progress_time_left(char *text, size_t room, double seconds);

double progress_now(void); /* seconds of a monotonic clock */

#endif
