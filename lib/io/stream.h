/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of records (formats/stream.md): a header, records and an end record, in one or more segments of
 * consecutive msgpack objects.
 *
 *     stream_in *in = stream_open(files, n, &options);
 *     while ((r = stream_read(in, &rec)) > 0) { ... }
 *     r == 0: every segment had its end record;  r == -1: err_message() describes the error
 *
 * A record holds its original bytes and an index of its keys. Keys that a program does not know are copied
 * unchanged. */
#ifndef ECAN_IO_STREAM_H
#define ECAN_IO_STREAM_H

#include "base/mem.h"
#include "io/pack.h"
#include "io/walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_VERSION    1
#define STREAM_MAX_RECORD ((size_t)1 << 30) /* bytes; the default of --max-record */
#define STREAM_MAX_KEYS   65536             /* of a record, so that its index stays small */

typedef struct field {
    const char *key; /* borrowed from the record's bytes; key_len bytes, not NUL-terminated */
    size_t key_len;
    const unsigned char *value; /* one whole msgpack object */
    size_t size;
} field;

typedef struct record {
    buf bytes;     /* the whole map, from bytes.data + lead on */
    size_t lead;   /* below 4: aligns a large tensor to 4 bytes */
    field *fields; /* in the order of the map; keys are distinct strings */
    size_t n, cap;
    const char *id; /* borrowed, NUL-terminated. "" in a header */
    buf id_copy;
    uint64_t number;  /* 1 for the first record of the stream, counted over all segments; 0 for a header */
    uint64_t offset;  /* of its first byte in the file */
    const char *file; /* its name, for messages; borrowed from the stream; NULL if there is none */
} record;

void record_free(record *r);

/* Returns the n bytes of the map. Borrowed from the record. */
const unsigned char *record_map(const record *r, size_t *n);

/* Returns the field with that key, or NULL if there is none. */
const field *record_find(const record *r, const char *key);

/* Parses bytes that contain one map. They are copied into r. 0 or -1. */
int record_parse(record *r, const unsigned char *bytes, size_t n);
/* The same for the bytes in r->bytes. */
int record_index(record *r);
/* Makes a record of fields, in memory. 0 or -1. */
int record_from_fields(record *r, const pack *fields);

/* Prefixes the message with "FILE: record 12 (id): offset 3456: key X: ", as far as known. key may be
 * NULL. Returns -1. */
int record_error(const record *r, const char *key);

/* Checks the limits that readers and writers share: the number of keys and bytes of a record. max_bytes 0
 * means STREAM_MAX_RECORD. Returns 0, or -1 with the limit in the message. */
int record_check_size(uint64_t keys, size_t bytes, size_t max_bytes);

/* A tensor in a record. data is borrowed, little-endian and possibly unaligned. */
#define TENSOR_DIMS 4
typedef struct tensor {
    char type; /* 'f': float32, 'i': int32 */
    int ndim;
    size_t shape[TENSOR_DIMS], count; /* count is the product of shape */
    const unsigned char *data;        /* 4 * count bytes */
} tensor;

/* Reads the tensor at w and moves past it. Keys may be bin or str, as msgpack-numpy writes both. Fails for
 * other types, more dimensions, or a shape that does not match the length of the data. 0 or -1. */
int tensor_read(walk *w, tensor *t);

/* Reads the tensor under key, which must have that type and number of dimensions. t borrows from r.
 * Returns 0, or -1 with record, key and reason in the message. */
int record_tensor(const record *r, const char *key, char type, int ndim, tensor *t);

/* Returns the tensor's numbers, aligned to 4 bytes: data itself, or a copy in scratch (which grows as
 * needed). NULL if memory is out. */
const float *tensor_floats(const tensor *t, buf *scratch);
const int32_t *tensor_ints(const tensor *t, buf *scratch);

/* Opens the array of strings under key: *w is at the first element and *n is their number. Read them with
 * walk_str(). Returns 0, or -1 (also if the key is missing). */
int record_strings(const record *r, const char *key, walk *w, uint32_t *n);

/* ---- reading ---- */

typedef struct stream_options {
    size_t max_record; /* 0: STREAM_MAX_RECORD */
    bool unchecked;    /* records are parsed but not checked (check.h) */
    /* Called for every header and every end record when it is read, if not NULL. n is the number of
     * records of the segment. If the function returns -1, stream_open or stream_read fails with its
     * message. */
    int (*on_header)(void *context, const record *header);
    int (*on_end)(void *context, uint64_t n);
    void *context;
} stream_options;

typedef struct stream_in stream_in;

/* Opens files one after another as one stream ("-" is standard input; n == 0 means only "-") and reads the
 * first header. Each file must be a complete stream. files are borrowed until stream_close. options are
 * copied and may be NULL. Owned by the caller (stream_close). NULL with the message set; an empty input
 * counts as truncated. */
stream_in *stream_open(const char *const *files, int n, const stream_options *options);
void stream_close(stream_in *in);

/* The header and the kind of the segment that the last record came from (before the first record: of the
 * first segment). Borrowed until the next stream_read. */
const record *stream_header(const stream_in *in);
const char *stream_kind(const stream_in *in);
/* Returns 0 if the stream has that kind. Otherwise -1, and the message says which programs to run first. */
int stream_expect(const stream_in *in, const char *kind);
/* The number of headers read so far. It changes when a record comes from another segment. */
unsigned stream_segment(const stream_in *in);

/* Reads the next record. Returns 1, 0 at the end, or -1 on an error: truncated data, invalid msgpack, no
 * id, duplicate keys, a segment of another kind, a wrong count in the end record, or a failed read. After
 * -1 nothing more can be read, unless stream_recoverable() is true: then only this record was invalid. r
 * is filled and reused. It must be zeroed before its first use and is freed with record_free(). */
int stream_read(stream_in *in, record *r) __attribute__((warn_unused_result));
/* The fraction of the files that has been read. 0 if it is not known, as for a pipe. */
double stream_fraction(const stream_in *in);
bool stream_recoverable(const stream_in *in); /* whether the last error concerned only one record */

/* Returns true if the next record or the end is available, or becomes available within that many
 * milliseconds. Returns false before an end record in a pipe if no data follows it yet. */
bool stream_ready(stream_in *in, int milliseconds);

/* ---- writing ---- */

typedef struct stream_out stream_out;

/* Opens path for writing ("-" or NULL: standard output), by io/output.h: a file appears when
 * stream_end() returns 0. A terminal is an error. unbuffered: every record is written at once. NULL with the
 * message set. */
stream_out *stream_create(const char *path, bool unbuffered);

/* Allows records of up to max_record bytes, if the readers are told the same limit. Values below
 * STREAM_MAX_RECORD have no effect. */
void stream_limit(stream_out *out, size_t max_record);

/* Begins a segment: {"ecan": 1, "kind": kind, "history": [... , {program, version[, "model":
 * fingerprint]}], ...}. from (may be NULL) is the header that was read: its history is continued and its
 * unknown keys are passed on. extra (may be NULL) has additional fields, which replace those of from. Ends
 * an open segment first. 0 or -1. */
int stream_begin(stream_out *out, const char *kind, const char *program, const char *fingerprint,
                 const record *from, const pack *extra);

/* Begins a segment with the fields of from, its history included, except those named in drop (NULL-terminated
 * list, may be NULL); extra may be NULL. For programs that do not change records. 0 or -1. */
int stream_begin_same(stream_out *out, const record *from, const char *const *drop, const pack *extra);

/* Writes one record: first the fields of from (may be NULL) that are neither in fields nor named in drop
 * (NULL-terminated list, may be NULL), then fields. All are borrowed. Fails for a record that readers
 * would reject because of its size. 0 or -1. */
int stream_write(stream_out *out, const record *from, const char *const *drop, const pack *fields);
/* After stream_write() returned -1: whether only that record was rejected, nothing of it was written, and
 * more records can be written. */
bool stream_can_go_on(const stream_out *out);

/* For a writer whose records stay unchanged for a while: from now on, large pieces of them may be lent to the
 * reader of a pipe (base/lend.h). stream_lent(), after stream_write(), is the number of the last loan, 0 if
 * there was none yet: what was written so far must not change until stream_returned() is true for it.
 * stream_wait() waits for that. Another thread may call these two while stream_write() runs. stream_end() and
 * stream_abandon() wait for all. */
void stream_lend(stream_out *out);
uint64_t stream_lent(const stream_out *out);
bool stream_returned(const stream_out *out, uint64_t lent);
void stream_wait(const stream_out *out, uint64_t lent);

/* Ends the stream: end record, flush, checked close. Frees out. 0 or -1. */
int stream_end(stream_out *out);
/* Ends after a failure, without an end record: direct output is flushed, a file does not appear.
 * Frees out; keeps err_message(). */
void stream_abandon(stream_out *out);

#endif
