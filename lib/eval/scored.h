/* SPDX-License-Identifier: Apache-2.0 */
/* Reads all records of scored streams into metrics: the loop of every program that compares scores with
 * gold codes. */
#ifndef ECAN_EVAL_SCORED_H
#define ECAN_EVAL_SCORED_H

#include "eval/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct scored_source {
    const char *program; /* for the progress line */
    const char *const *files;
    int n_files; /* 0: standard input */
    size_t max_record;
    bool skip_bad, quiet;
    void (*warn)(const char *format, ...); /* reports skipped records: cli_warn */
} scored_source;

/* Reads headers and records of the files in order into m. Returns the number of invalid records that were
 * skipped, or -1 with the message set. */
int64_t scored_read(const scored_source *source, metrics *m);

#endif
