/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of records (formats/stream.md): header, records, end record, in any number of
 * segments, as msgpack objects one behind another.
 *
 *     stream_in *in = stream_open(files, n, &options);
 *     while ((r = stream_read(in, &rec)) > 0) { ... }
 *     r == 0: every segment had its end record;  r == -1: err_message() says what is wrong
 *
 * A record is its bytes as they came, with an index of its keys: what a program does not
 * know is copied from there untouched. */
#ifndef ECAN_IO_STREAM_H
#define ECAN_IO_STREAM_H

#include "base/mem.h"
#include "io/pack.h"
#include "io/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_VERSION    1
#define STREAM_MAX_RECORD ((size_t)1 << 30) /* bytes; the limit that --max-record changes */
#define STREAM_MAX_KEYS   65536             /* of a record, so that its index stays small */

typedef struct field {
    const char *key; /* borrowed from the record's bytes, key_len bytes, not NUL-ended */
    size_t key_len;
    const unsigned char *value; /* one whole msgpack object */
    size_t size;
} field;

typedef struct record {
    buf bytes;     /* the whole map */
    field *fields; /* in order of the map; keys are distinct strings */
    size_t n, cap;
    const char *id; /* of the record; borrowed, NUL-ended copy below. "" in a header */
    buf id_copy;
    uint64_t number;  /* 1 for the first record of the stream, counted over segments; 0 for a header */
    uint64_t offset;  /* bytes of its file before it */
    const char *file; /* its name, for messages; borrowed from the stream; NULL where there is none */
} record;

void record_free(record *r);

/* The field of that name; NULL where there is none. */
const field *record_find(const record *r, const char *key);

/* Takes bytes apart that hold one map. 0 or -1. bytes are copied into r. */
int record_parse(record *r, const unsigned char *bytes, size_t n);
/* The same for what is in r->bytes. */
int record_index(record *r);

/* Prefixes the message with "FILE: record 12 (id): offset 3456: key X: " as far as known; key may be NULL.
 * Returns -1. */
int record_error(const record *r, const char *key);

/* The limits, which readers and writers share: whether a record of so many keys and bytes is read. max_bytes
 * 0: STREAM_MAX_RECORD. 0, or -1 with the limit in the message. */
int record_check_size(uint64_t keys, size_t bytes, size_t max_bytes);

/* A tensor inside a record. data is borrowed, little-endian and may be unaligned. */
#define TENSOR_DIMS 4
typedef struct tensor {
    char type; /* 'f': float32, 'i': int32 */
    int ndim;
    size_t shape[TENSOR_DIMS], count; /* count: product of shape */
    const unsigned char *data;        /* 4 * count bytes */
} tensor;

/* Reads the tensor object at w (any of msgpack-numpy's spellings of the keys: bin or str) and moves past it.
 * Refuses other types, a shape whose product is not the data's length, more dimensions. 0 or -1. */
int tensor_read(walk *w, tensor *t);

/* The tensor under key, which must be there, of that type and number of dimensions; 0, or -1 with
 * record, key and reason in the message. */
int record_tensor(const record *r, const char *key, char type, int ndim, tensor *t);

/* The tensor's numbers where they can be used: data itself if aligned to 4 bytes, else copied into
 * scratch (room grows as needed). NULL when memory is out. */
const float *tensor_floats(const tensor *t, buf *scratch);
const int32_t *tensor_ints(const tensor *t, buf *scratch);

/* The array of strings under key, opened: *w stands at its first element, *n counts them; then
 * walk_str(). 0 or -1 (also when the key is missing). */
int record_strings(const record *r, const char *key, walk *w, uint32_t *n);

/* ---- reading ---- */

typedef struct stream_options {
    size_t max_record; /* 0: STREAM_MAX_RECORD */
    bool unchecked;    /* records are not checked (check.h), only taken apart */
    /* Called (where not NULL) for every header and every end record as they are read; n counts the segment's
     * records. stream_open and stream_read fail when these return -1, with their message. */
    int (*on_header)(void *context, const record *header);
    int (*on_end)(void *context, uint64_t n);
    void *context;
} stream_options;

typedef struct stream_in stream_in;

/* Opens files one after the other ("-" is standard input; n == 0 means "-" alone) as one
 * stream, and reads the first header. NULL with the message set; an empty input is truncated
 * and refused here. Each file has to be a whole stream. files are borrowed until stream_close;
 * options (copied) may be NULL. */
stream_in *stream_open(const char *const *files, int n, const stream_options *options);
void stream_close(stream_in *in);

/* The header of the segment that the last record came from (at first: of the first segment),
 * and its kind. Borrowed until the next stream_read. */
const record *stream_header(const stream_in *in);
const char *stream_kind(const stream_in *in);
/* 0, or -1 with a message that says what the stream is, and which program makes the kind that is wanted. */
int stream_expect(const stream_in *in, const char *kind);
/* How many headers were read so far: changes when a record comes from another segment. */
unsigned stream_segment(const stream_in *in);

/* The next record: 1; 0 at the end; -1 on an error: truncated, not msgpack, no id, keys twice, a segment of
 * another kind, a wrong count in the end record, a read that fails. After -1 nothing more
 * can be read, unless stream_recoverable() says that only this record was bad and the next can be. r is
 * reused; zeroed before its first use, freed with record_free(). */
int stream_read(stream_in *in, record *r) __attribute__((warn_unused_result));
bool stream_recoverable(const stream_in *in); /* the last error concerned one record alone */

/* True when the whole next record is there, or the end, or comes within so many milliseconds. False before an
 * end record in a pipe which nothing follows yet. */
bool stream_ready(stream_in *in, int milliseconds);

/* ---- writing ---- */

typedef struct stream_out stream_out;

/* Opens path for writing ("-" or NULL: standard output), as io/output.h says: a file appears when
 * stream_end() is well. A terminal is refused. unbuffered: every record goes out at once. NULL with the
 * message set. */
stream_out *stream_create(const char *path, bool unbuffered);

/* A record may have so many bytes, where its readers are told too; less than STREAM_MAX_RECORD changes
 * nothing. */
void stream_limit(stream_out *out, size_t max_record);

/* Begins a segment: {"ecan": 1, "kind": kind, "history": [... , {program, version[, "model": fingerprint]}],
 * ...}. from (may be NULL) is the header that was read: its history is continued and its unknown keys are
 * handed on. extra (may be NULL) has further fields, which replace those of from. An open segment is ended.
 */
int stream_begin(stream_out *out, const char *kind, const char *program, const char *fingerprint,
                 const record *from, const pack *extra);

/* Writes one record: first the fields of from (may be NULL) that are neither in fields nor named in drop
 * (NULL-ended list, may be NULL), then fields. fields is not changed. A record that readers would refuse for
 * its size is refused here. 0 or -1. */
int stream_write(stream_out *out, const record *from, const char *const *drop, const pack *fields);
/* After stream_write() returned -1: whether only that record was refused, nothing of it is written, and the
 * next one can be. */
bool stream_can_go_on(const stream_out *out);

/* Ends well: end record, flush, checked close. 0 or -1. Frees out. */
int stream_end(stream_out *out);
/* Ends after a failure, without an end record: what goes out directly is flushed, a file does not appear.
 * Frees out; keeps err_message(). */
void stream_abandon(stream_out *out);

#endif
