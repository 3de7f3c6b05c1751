/* SPDX-License-Identifier: Apache-2.0 */
/* Reads msgpack in place: the value at a position, and the start of the next object.
 *
 * The unpacker of msgpack-c trusts the length in the head of an array or map, and allocates 24 bytes per
 * element. The five bytes dd ff ff ff ff allocate 96 GiB. So everything that ecan reads is first decoded here
 * without allocation. Counts are checked against the available bytes, and nesting is limited. All returned
 * pointers are borrowed from the caller's bytes.
 *
 * A walk never reads outside [p, end). */
#ifndef ECAN_IO_WALK_H
#define ECAN_IO_WALK_H

#include <stddef.h>
#include <stdint.h>

#define WALK_DEPTH 64 /* largest accepted nesting */

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

/* One head: the type and value of an object. STR, BIN and EXT give their bytes. ARRAY and MAP give the
 * number of elements or pairs, which follow at the cursor. */
typedef struct walk_value {
    walk_type type;
    uint64_t u; /* BOOL (0 or 1), UINT */
    int64_t i;  /* INT, and UINT where it fits */
    double f;   /* FLOAT, UINT, INT */
    const unsigned char
        *data;     /* STR, BIN, EXT: borrowed from the input, not NUL-terminated. EXT: the type is data[-1] */
    uint32_t size; /* STR, BIN, EXT: bytes; ARRAY: elements; MAP: pairs */
} walk_value;

typedef struct walk {
    const unsigned char *p, *end;
} walk;

/* Decodes one head and moves past it. A scalar is decoded completely, an array or map only its head.
 * Returns 1, 0 if [p, end) is too short (w unchanged), or -1 for a byte that is invalid in msgpack or a
 * count that exceeds the available bytes. */
int walk_next(walk *w, walk_value *v);

/* Moves past one whole object. Returns 1, 0 or -1 as above; 0 means that the object is incomplete. Also -1
 * for nesting deeper than WALK_DEPTH. */
int walk_skip(walk *w);

/* Like walk_skip, for bytes that arrive in pieces. Zero the state before the first call. Bytes before
 * state->done are not decoded again. *more is a lower bound of the missing bytes: how much to read next.
 * After 1 the object is data[0 .. state->done). */
typedef struct walk_state {
    size_t done;
    int depth;
    uint64_t left[WALK_DEPTH]; /* objects that must still follow at each level */
} walk_state;
int walk_resume(walk_state *state, const unsigned char *data, size_t n, size_t *more);

/* Readers of one expected type. They return 0, or -1 with a message such as "expected a string, found an
 * array". The bytes must be those of one whole object that walk_skip accepted. */
int walk_str(walk *w, const char **s, size_t *n); /* also checks UTF-8 */
int walk_int(walk *w, int64_t *i);
int walk_double(walk *w, double *f); /* any number */
int walk_bool(walk *w, int *b);
int walk_array(walk *w, uint32_t *n);
int walk_map(walk *w, uint32_t *n);

const char *walk_name(walk_type t); /* "a string", "an array", ... */

#endif
