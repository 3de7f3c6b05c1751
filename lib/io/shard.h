/* SPDX-License-Identifier: Apache-2.0 */
/* Shards: a stream divided into files, each of which is a whole stream, for several computers
 * (formats/stream.md). The header of a segment of a shard has the key "shard". Filters pass it on. When the
 * shards are joined, the key is removed, and the result is bit-identical to that of a filter that read the
 * stream in one piece. */
#ifndef ECAN_IO_SHARD_H
#define ECAN_IO_SHARD_H

#include "io/stream.h"

#include <stdint.h>

#define SHARD_MOST 10000 /* shards of a stream */
#define SHARD_ID   33    /* 32 hexadecimal digits and a NUL */

/* The value of the key "shard". */
typedef struct shard_key {
    char stream[SHARD_ID]; /* a hash of all headers and records of the stream */
    int64_t number, of;    /* 1 .. of */
    int64_t segment;       /* of the stream, from 1: shards divide segments */
    int64_t history;       /* entries that the history of the segment had before */
} shard_key;

/* Reads the whole stream of the files, and then writes n shards into the folder, as 1.mp to n.mp, with about
 * equally many bytes. Either all appear, or none. The folder is new or empty. A temporary file holds the
 * stream. 0, or -1 with the message set. */
int shard_write(const char *folder, int n, const char *const *files, int n_files, size_t max_record);

/* Writes the stream of all its shards, which files names in any order, to out. 0, or -1 with the message set:
 * a shard is missing, a duplicate, truncated, or of another stream; or shards were made by different
 * commands. out has then no end. */
int shard_join(stream_out *out, const char *const *files, int n, size_t max_record);

#endif
