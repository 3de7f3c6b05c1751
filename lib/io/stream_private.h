/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations that stream.c and stream_bytes.c share: stream_bytes.c reads the bytes of files and completes
 * objects, stream.c turns objects into headers, records and ends. */
#ifndef ECAN_IO_STREAM_PRIVATE_H
#define ECAN_IO_STREAM_PRIVATE_H

#include "base/mem.h"
#include "io/check.h"
#include "io/stream.h"
#include "io/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { STREAM_LEADS = 4 }; /* the possible values of record.lead */

struct stream_in {
    stream_options options;
    const char *const *files;
    int n_files, next_file;
    off_t bytes, bytes_closed; /* of all files, 0 if unknown; of those that were read to their end */

    int fd; /* -1: no file is open */
    bool regular;
    const char *name;
    buf b;           /* bytes read; those before start are used up */
    size_t start;    /* of the current object */
    walk_state walk; /* progress within the current object */
    uint64_t offset; /* of the current object in the file */
    bool large;      /* the last object was large. Then the reads at the start and the end of the next one are
                        small: its place is chosen before much of it is there, and little of the one after it
                        has to be copied */

    check *check; /* NULL: no checks */
    record header;
    char *kind;
    unsigned segments;      /* headers read */
    unsigned file_segments; /* headers read in this file */
    bool in_segment;
    uint64_t records, segment_records;
    bool failed, finished, recoverable;
};

/* Opens the next file. Returns 1, 0 if there is none, or -1. */
int stream_open_next(stream_in *in);
void stream_close_file(stream_in *in);

/* Reads more bytes, at least `more` of them if available. Returns 1, 0 at the end of the file, or -1. */
int stream_fill(stream_in *in, size_t more);

/* Examines the current object. Returns 1 if it is complete (walk.done bytes), 0 if at least *more bytes are
 * missing, or -1. */
int stream_look(stream_in *in, size_t *more);

/* Completes the next object of the file in the buffer. Returns 1, 0 at the end of the file, or -1. */
int stream_next_object(stream_in *in);

#endif
