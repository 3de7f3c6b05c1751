/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a filter: records in, the same records with more keys out, in order, worked on by
 * several threads. ecan-embed, -encode, -attend, -score and -predict are this loop and one function.
 *
 * A few records a thread are there at once, so memory does not grow with the stream; they are written in
 * order, so the bytes do not depend on the number of threads. A record is written as soon as it and those
 * before it are done, whether more input comes or not. */
#ifndef ECAN_IO_FILTER_H
#define ECAN_IO_FILTER_H

#include "base/pool.h"
#include "base/work_sharing.h"
#include "io/stream.h"

#include <stdbool.h>

/* Adds to `out` the keys that the stage makes of `in`. worker is an index for scratch memory. 0, or -1 with
 * the message set (by record_error): then nothing of out is used. */
typedef int filter_fn(void *context, int worker, const record *in, pack *out);

typedef struct filter {
    const char *program, *in_kind, *out_kind;
    const char *fingerprint; /* the model's, or NULL */
    const char *const *drop; /* keys not handed on, NULL-ended (those consumed, less --keep) */
    const pack *header;      /* further header fields, or NULL */
    filter_fn *apply;
    void *context;
    work_sharing *loops; /* that apply opens: threads without a record of their own join them; may be NULL */
    /* Checks the header of each segment before its records (may be NULL). 0 or -1. */
    int (*check)(void *context, const record *header);

    bool skip_bad, unbuffered, quiet;
    size_t max_record;
    const char *const *files;
    int n_files;
    const char *output;                    /* NULL: standard output */
    void (*warn)(const char *format, ...); /* where bad records are reported: cli_warn */
} filter;

/* Runs until the input ends. 0: all done. 1: something failed or was skipped (already reported through warn):
 * the exit code. */
int filter_run(const filter *f, pool *threads);

#endif
