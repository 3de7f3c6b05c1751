/* SPDX-License-Identifier: Apache-2.0 */
/* The loop of a filter. It reads records, adds keys to them in several threads, and writes them in the
 * same order. ecan-embed, -encode, -attend, -score and -predict consist of this loop and one function.
 *
 * Only a few records per thread are in memory at once, so memory use does not grow with the stream. Output
 * does not depend on the number of threads. A record is written as soon as it and all earlier ones are
 * done, without waiting for more input. */
#ifndef ECAN_IO_FILTER_H
#define ECAN_IO_FILTER_H

#include "base/pool.h"
#include "base/work_sharing.h"
#include "io/stream.h"

#include <stdbool.h>

/* Adds to `out` the keys that the stage computes from `in`. worker is an index for scratch memory. Returns
 * 0, or -1 with the message set (by record_error); out is then ignored. */
typedef int filter_fn(void *context, int worker, const record *in, pack *out);

typedef struct filter {
    const char *program, *in_kind, *out_kind;
    const char *fingerprint; /* fingerprint of the model, or NULL */
    const char *const *drop; /* keys that are not passed on, NULL-terminated (those consumed, without those of
                                --keep); NULL: none */
    const pack *header;      /* additional header fields, or NULL */
    filter_fn *apply;
    void *context;
    work_sharing *loops; /* loops that apply opens: idle threads join them. NULL: none */
    /* Checks the header of each segment before its records. Returns 0 or -1. NULL: no check. */
    int (*check)(void *context, const record *header);

    bool skip_bad, unbuffered, quiet;
    size_t max_record;
    const char *const *files;
    int n_files;
    const char *output;                    /* path; NULL: standard output */
    void (*warn)(const char *format, ...); /* reports bad records: cli_warn */
} filter;

/* Runs until the input ends. Returns the exit code: 0 if all records were written, 1 if something failed
 * or was skipped (already reported through warn). */
int filter_run(const filter *f, pool *threads);

#endif
