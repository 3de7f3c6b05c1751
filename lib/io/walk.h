/* SPDX-License-Identifier: Apache-2.0 */
/* msgpack, read in place: what stands at a position, and where the next object begins.
 *
 * msgpack-c's unpacker believes the length in an array's or a map's head and allocates
 * for it (24 bytes an element; five bytes dd ff ff ff ff ask for 96 GiB). Everything ecan
 * reads is therefore walked here first, without allocating: a count is held against the bytes
 * at hand, and nesting has a ceiling. All pointers handed out point into the caller's bytes.
 *
 * A walk never reads outside [p, end). */
#ifndef ECAN_IO_WALK_H
#define ECAN_IO_WALK_H

#include <stddef.h>
#include <stdint.h>

#define WALK_DEPTH 64 /* nesting that is accepted */

typedef enum walk_type {
    WALK_NIL,
    WALK_BOOL,
    WALK_UINT,
    WALK_INT,
    WALK_FLOAT, /* WALK_INT is negative */
    WALK_STR,
    WALK_BIN,
    WALK_EXT,
    WALK_ARRAY,
    WALK_MAP
} walk_type;

/* One head: the object's type and value. For STR, BIN and EXT the bytes; for ARRAY and
 * MAP the number of elements or pairs, which follow at the cursor. */
typedef struct walk_value {
    walk_type type;
    uint64_t u; /* BOOL (0 or 1), UINT */
    int64_t i;  /* INT, and UINT where it fits */
    double f;   /* FLOAT, UINT, INT */
    const unsigned char
        *data;     /* STR, BIN, EXT: borrowed from the input, not NUL-ended; EXT: its type is data[-1] */
    uint32_t size; /* STR, BIN, EXT: bytes; ARRAY: elements; MAP: pairs */
} walk_value;

typedef struct walk {
    const unsigned char *p, *end;
} walk;

/* Reads one head (a scalar whole; of an array or map only its head) and moves past it.
 * 1, or 0 when [p, end) stops short of it (w unchanged), or -1 for a byte that begins no
 * msgpack object, or a count that the bytes at hand cannot hold. */
int walk_next(walk *w, walk_value *v);

/* Moves past one whole object. 1, 0, -1 as above; with 0 the whole object is not there yet.
 * -1 also for nesting deeper than WALK_DEPTH. */
int walk_skip(walk *w);

/* As walk_skip for bytes that arrive in pieces: state is zeroed before the first call, bytes before
 * *done were walked already, so that no byte is looked at twice. more is a lower bound of
 * the bytes still missing: how much to read next. 1: the object is data[0 .. state->done). */
typedef struct walk_state {
    size_t done;
    int depth;
    uint64_t left[WALK_DEPTH]; /* objects still to come at each level */
} walk_state;
int walk_resume(walk_state *state, const unsigned char *data, size_t n, size_t *more);

/* Readers of one expected thing: 0, or -1 with the message "expected a string, found an array".
 * The bytes are those of one whole object that walk_skip accepted. */
int walk_str(walk *w, const char **s, size_t *n); /* also checks UTF-8 */
int walk_int(walk *w, int64_t *i);
int walk_double(walk *w, double *f); /* any number */
int walk_bool(walk *w, int *b);
int walk_array(walk *w, uint32_t *n);
int walk_map(walk *w, uint32_t *n);

const char *walk_name(walk_type t); /* "a string", "an array", ... */

#endif
