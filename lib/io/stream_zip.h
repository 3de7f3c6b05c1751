/* SPDX-License-Identifier: Apache-2.0 */
/* Reads several streams of the same encounters, in the same order, in parallel: one record of each at a time.
 *
 *     stream_zip *l = stream_zip_open(files, n, "scored", max_record);
 *     while ((got = stream_zip_read(l)) > 0) { ... stream_zip_records(l)[0 .. n) ... }
 *     got == 0: every stream had its end record;  got == -1: err_message() describes the error
 *
 * One record of each stream is in memory. */
#ifndef ECAN_IO_STREAM_ZIP_H
#define ECAN_IO_STREAM_ZIP_H

#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct stream_zip stream_zip;

/* Opens each file as a stream of that kind and reads the first header of each. files are borrowed until
 * stream_zip_close; n >= 1. Owned by the caller (stream_zip_close). NULL with the message set. */
stream_zip *stream_zip_open(const char *const *files, int n, const char *kind, size_t max_record);
void stream_zip_close(stream_zip *l); /* NULL is fine */

/* Reads the next record of each stream. Returns 1, 0 when all have ended, or -1: a record is invalid, a
 * stream ends too early, or the ids differ. After -1 reading can continue only if stream_zip_recoverable()
 * says that only these records were invalid. */
int stream_zip_read(stream_zip *l) __attribute__((warn_unused_result));
bool stream_zip_recoverable(const stream_zip *l);

/* [n], in the order of the files. Borrowed until the next stream_zip_read. The headers are those of the
 * segments that the records came from (before the first record: of the first segments). */
const record *stream_zip_records(const stream_zip *l);
const record *const *stream_zip_headers(const stream_zip *l);
/* The number of headers read so far in all streams together. It changes when one stream begins another
 * segment. */
uint64_t stream_zip_segments(const stream_zip *l);

#endif
