/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON value by value, in place: for JSON Lines, of which each line is read once and in order. Values
 * that are kept, and writing, are in io/json.h.
 *
 *     jsonpull_open(r, text, n);
 *     jsonpull_next(r, &v);                       v: a whole scalar, or an array or object just entered
 *     while ((got = jsonpull_item(r, &v)) > 0)    in an array
 *     while ((got = jsonpull_member(r, &v)) > 0)  in an object: v has a key too
 *     jsonpull_end(r);                            only blanks follow
 *
 * An array or object that was entered must be read to its end before the value that contains it continues;
 * jsonpull_skip() does so.
 *
 * Strict (RFC 8259): UTF-8, no duplicate keys, no NaN, no lone surrogate, no NUL in a key (other strings can
 * contain it), whole numbers within int64_t, reals within double, nested at most WALK_DEPTH deep. Messages
 * are "byte N: reason", N counted from 1 in the text, and never quote it. After an error only jsonpull_open()
 * can be called. */
#ifndef ECAN_IO_JSONPULL_H
#define ECAN_IO_JSONPULL_H

#include "io/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum jsonpull_type {
    JSONPULL_NULL,
    JSONPULL_BOOL,
    JSONPULL_INTEGER, /* no fraction and no exponent */
    JSONPULL_REAL,
    JSONPULL_STRING,
    JSONPULL_ARRAY,
    JSONPULL_OBJECT
} jsonpull_type;

/* Strings are borrowed from the text, where escapes were decoded in place. Each is followed by a NUL and
 * may contain NULs. */
typedef struct jsonpull_value {
    jsonpull_type type;
    const char
        *s; /* STRING: the decoded text; INTEGER and REAL: as written in the text, not NUL-terminated */
    size_t n;
    union {
        bool b;    /* BOOL */
        int64_t i; /* INTEGER */
        double f;  /* REAL */
    };
    const char *key; /* of a member; contains no NUL */
    size_t key_n;
} jsonpull_value;

typedef struct jsonpull_key {
    const char *s;
    size_t n;
} jsonpull_key;

/* A zeroed struct is ready for jsonpull_open(). All members are private. */
typedef struct jsonpull {
    char *start, *p, *end;
    const char *wrong; /* after an error: the position of the error in the text */
    bool entered;      /* an array or object was entered and nothing of it was read yet */
    int depth;         /* number of open arrays and objects */
    char closes[WALK_DEPTH];
    size_t first_key[WALK_DEPTH]; /* for each open one */
    jsonpull_key *keys;           /* of the open objects, [n_keys] */
    size_t n_keys, cap_keys;
} jsonpull;

void jsonpull_free(jsonpull *r);

/* Begins to read text[0 .. n), which is borrowed and overwritten. text[n] must be a NUL. Returns 0, or -1
 * if it is not UTF-8. */
int jsonpull_open(jsonpull *r, char *text, size_t n);

/* Reads the value of the text. 0 or -1. */
int jsonpull_next(jsonpull *r, jsonpull_value *v);
/* Reads the next element of the array or object entered last. Returns 1, 0 at its end (it is then left),
 * or -1. */
int jsonpull_item(jsonpull *r, jsonpull_value *v);
int jsonpull_member(jsonpull *r, jsonpull_value *v);
/* If v is an array or object, reads to its end. 0 or -1. */
int jsonpull_skip(jsonpull *r, const jsonpull_value *v);
/* Checks that only blanks follow the value. 0 or -1. */
int jsonpull_end(jsonpull *r);

/* "a string", "an array", ... */
const char *jsonpull_name(jsonpull_type t);

#endif
