/* SPDX-License-Identifier: Apache-2.0 */
/* Several streams of the same encounters in the same order, read side by side: a record of each at a time.
 *
 *     stream_zip *l = stream_zip_open(files, n, "scored", max_record);
 *     while ((got = stream_zip_read(l)) > 0) { ... stream_zip_records(l)[0 .. n) ... }
 *     got == 0: every stream had its end record;  got == -1: err_message() says what is wrong
 *
 * There is one record of each in memory. */
#ifndef ECAN_IO_STREAM_ZIP_H
#define ECAN_IO_STREAM_ZIP_H

#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct stream_zip stream_zip;

/* Opens each file as a stream of that kind, and reads the first header of each. files are borrowed until
 * stream_zip_close; n >= 1. NULL with the message set. */
stream_zip *stream_zip_open(const char *const *files, int n, const char *kind, size_t max_record);
void stream_zip_close(stream_zip *l); /* NULL is fine */

/* The next record of each: 1; 0 when all have ended; -1: one is bad or ends too early, or the ids differ.
 * After -1 reading can go on only where stream_zip_recoverable() says that records were bad and the next of
 * each can be read. */
int stream_zip_read(stream_zip *l) __attribute__((warn_unused_result));
bool stream_zip_recoverable(const stream_zip *l);

/* [n], in the order of the files. Borrowed until the next stream_zip_read. The headers are those of the
 * segments that the records came from (at first: of the first segments). */
const record *stream_zip_records(const stream_zip *l);
const record *const *stream_zip_headers(const stream_zip *l);
/* How many headers were read so far, of all streams together: changes when one of them is another. */
uint64_t stream_zip_segments(const stream_zip *l);

#endif
