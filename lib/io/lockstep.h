/* Several streams of the same encounters in the same order, read side by side: a record of each at a time.
 *
 *     lockstep *l = lockstep_open(files, n, "scored", max_record);
 *     while ((got = lockstep_read(l)) > 0) { ... lockstep_records(l)[0 .. n) ... }
 *     got == 0: every stream had its end record;  got == -1: err_message() says what is wrong
 *
 * There is one record of each in memory. */
#ifndef ECAN_IO_LOCKSTEP_H
#define ECAN_IO_LOCKSTEP_H

#include "io/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lockstep lockstep;

/* Opens each file as a stream of that kind, and reads the first header of each. files are borrowed until
 * lockstep_close; n >= 1. NULL with the message set. */
lockstep *lockstep_open(const char *const *files, int n, const char *kind, size_t max_record);
void lockstep_close(lockstep *l); /* NULL is fine */

/* The next record of each: 1; 0 when all have ended; -1: one is bad or ends too early, or the ids differ.
 * After -1 reading can go on only where lockstep_recoverable() says that records were bad and the next of
 * each can be read. */
int lockstep_read(lockstep *l) __attribute__((warn_unused_result));
bool lockstep_recoverable(const lockstep *l);

/* [n], in the order of the files. Borrowed until the next lockstep_read. The headers are those of the
 * segments that the records came from (at first: of the first segments). */
const record *lockstep_records(const lockstep *l);
const record *const *lockstep_headers(const lockstep *l);
/* How many headers were read so far, of all streams together: changes when one of them is another. */
uint64_t lockstep_segments(const lockstep *l);

#endif
