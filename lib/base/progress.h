/* SPDX-License-Identifier: Apache-2.0 */
/* A line on standard error that tells how far the work is, rewritten in place; silent
 * unless standard error is a terminal (or the caller insists). */
#ifndef ECAN_BASE_PROGRESS_H
#define ECAN_BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct progress {
    const char *program, *unit; /* "ecan-embed", "words" */
    uint64_t total;             /* 0 where it is not known: no time left then */
    double start, last;
    bool on;
} progress;

void progress_start(progress *p, const char *program, const char *unit, uint64_t total, bool quiet);
/* At most ten times a second: "ecan-embed: 120000 words, 53000 words/s, 0:42 left NOTE". note may be "". */
void progress_update(progress *p, uint64_t done, const char *progress_note);
void progress_end(progress *p); /* wipes the line */

double progress_now(void); /* seconds on a clock that never goes back */

#endif
