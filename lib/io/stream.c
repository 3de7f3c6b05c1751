/* SPDX-License-Identifier: Apache-2.0 */
/* Reads streams. Bytes are read in large pieces into one buffer. The buffer grows only when it is full:
 * the lengths in the data never determine how much is allocated. Writing is in stream_out.c. */
#include "io/stream.h"

#include "base/err.h"
#include "base/fd.h"
#include "io/check.h"
#include "io/kinds.h"
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE ((size_t)1 << 20)
#define LARGE                                                                                                \
    ((size_t)256 << 10) /* bytes; larger objects are passed on with their buffer, without a copy             \
                         */

struct stream_in {
    stream_options options;
    const char *const *files;
    int n_files, next_file;

    int fd; /* -1: no file is open */
    bool regular;
    const char *name;
    buf b;           /* bytes read; those before start are used up */
    size_t start;    /* of the current object */
    walk_state walk; /* progress within the current object */
    uint64_t offset; /* of the current object in the file */

    check *check; /* NULL: no checks */
    record header;
    char *kind;
    unsigned segments;      /* headers read */
    unsigned file_segments; /* headers read in this file */
    bool in_segment;
    uint64_t records, segment_records;
    bool failed, finished, recoverable;
};

/* ---- bytes ---- */

/* Opens the next file. Returns 1, 0 if there is none, or -1. */
static int open_next(stream_in *in)
{
    if (in->next_file == in->n_files)
        return 0;
    const char *path = in->files[in->next_file++];
    bool standard = strcmp(path, "-") == 0;
    in->name = standard ? "standard input" : path;
    in->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (in->fd < 0 || fstat(in->fd, &st) < 0)
        return err_io("%s: %s", in->name, strerror(errno));
    if (input_opened(in->fd, in->name) < 0)
        return -1;
    in->regular = S_ISREG(st.st_mode);
    if (S_ISFIFO(st.st_mode))
        (void)fcntl(in->fd, F_SETPIPE_SZ,
                    (int)READ_SIZE); /* fewer context switches between the programs; may fail */
    in->file_segments = 0;
    in->offset = 0;
    return 1;
}

static void close_file(stream_in *in)
{
    if (in->fd > STDIN_FILENO)
        (void)close(in->fd); /* the file was only read */
    in->fd = -1;
}

/* Reads more bytes, at least `more` of them if available. Returns 1, 0 at the end of the file, or -1. */
static int fill(stream_in *in, size_t more)
{
    buf *b = &in->b;
    size_t wanted = more < READ_SIZE ? more : READ_SIZE;
    if (in->start == b->len || b->cap - b->len < wanted || (in->start > 0 && more > READ_SIZE)) {
        b->len -= in->start;
        if (b->len > 0)
            memmove(b->data, b->data + in->start, b->len);
        in->start = 0;
    }
    if (b->cap - b->len < wanted && buf_reserve(b, b->len < READ_SIZE ? READ_SIZE : b->len) < 0)
        return -1;
    size_t room = b->cap - b->len, most = more > READ_SIZE ? more : READ_SIZE;
    const ssize_t n = fd_read(in->fd, b->data + b->len, room < most ? room : most);
    if (n < 0)
        return err_io("%s: offset %" PRIu64 ": %s", in->name, in->offset, strerror(errno));
    b->len += (size_t)n;
    return n > 0;
}

/* ---- objects ---- */

static int error_here(const stream_in *in)
{
    if (!in->in_segment)
        return err_prefix("%s: header: offset %" PRIu64 ": ", in->name, in->offset);
    return err_prefix("%s: record %" PRIu64 ": offset %" PRIu64 ": ", in->name, in->records + 1, in->offset);
}

static int not_a_map(const stream_in *in, unsigned char first)
{
    if (in->segments == 0)
        return err_set("%s: expected a stream of records, but it begins with byte 0x%02x%s", in->name, first,
                       first == '{' || first == '[' ? ", like JSON: run ecan-tokenize first" : "");
    err_set("expected a map, found byte 0x%02x", first);
    return error_here(in);
}

static bool is_map(unsigned char first)
{
    return (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf;
}

/* Examines the current object. Returns 1 if it is complete (walk.done bytes), 0 if at least *more bytes
 * are missing, or -1. */
static int look(stream_in *in, size_t *more)
{
    size_t n = in->b.len - in->start, ceiling = in->options.max_record;
    *more = 1;
    if (n == 0)
        return 0;
    const unsigned char *data = in->b.data + in->start;
    if (!is_map(data[0]))
        return not_a_map(in, data[0]);
    int r = walk_resume(&in->walk, data, n, more);
    if (r < 0)
        return error_here(in);
    size_t size = in->walk.done;
    if (r == 0 && __builtin_add_overflow(n, *more, &size))
        size = SIZE_MAX;
    if (size > ceiling) {
        err_set("%zu bytes or more, but at most %zu are allowed: raise --max-record", size, ceiling);
        return error_here(in);
    }
    return r;
}

/* The program that writes a pipe has reported why it stopped: only a file is described in detail. */
static int truncated(const stream_in *in)
{
    if (in->fd == STDIN_FILENO && !in->regular)
        return err_set("%s: truncated after %" PRIu64 " records: see the error of the program before it",
                       in->name, in->records);
    if (in->file_segments == 0)
        return err_set("%s: truncated: %s", in->name,
                       in->b.len > in->start ? "it ends within the header"
                                             : "it is empty: expected at least a header");
    return err_set("%s: truncated: it ends at offset %" PRIu64 " without an end record, after %" PRIu64
                   " complete records",
                   in->name, in->offset + (in->b.len - in->start), in->records);
}

/* Completes the next object of the file in the buffer. Returns 1, 0 at the end of the file, or -1. */
static int next_object(stream_in *in)
{
    for (;;) {
        size_t more;
        int r = look(in, &more);
        if (r != 0)
            return r;
        int got = fill(in, more);
        if (got < 0)
            return -1;
        if (got == 0) {
            bool between = in->b.len == in->start && !in->in_segment && in->file_segments > 0;
            return between ? 0 : truncated(in);
        }
    }
}

static void use_object(stream_in *in)
{
    in->start += in->walk.done;
    in->offset += in->walk.done;
    in->walk.done = 0;
    in->walk.depth = 0;
}

/* Moves past the current object, which is at the start of the buffer, and exchanges the buffer with that
 * of r. */
static int hand_over(stream_in *in, record *r)
{
    const size_t n = in->walk.done, rest = in->b.len - n;
    r->bytes.len = 0;
    if (buf_add(&r->bytes, in->b.data + n, rest) < 0)
        return -1;
    const buf whole = in->b;
    in->b = r->bytes;
    r->bytes = whole;
    r->bytes.len = n;
    use_object(in);
    in->start = 0;
    return record_index(r);
}

/* Parses the current object into r and moves past it. */
static int parse_object(stream_in *in, record *r, uint64_t number)
{
    r->number = number;
    r->offset = in->offset;
    r->file = in->name;
    if (in->start == 0 && in->walk.done >= LARGE)
        return hand_over(in, r);
    int result = record_parse(r, in->b.data + in->start, in->walk.done);
    use_object(in);
    return result;
}

/* ---- headers, records, ends ---- */

static int header_int(const record *h, const char *key, int64_t *i)
{
    const field *f = record_find(h, key);
    walk w = {f->value, f->value + f->size};
    return walk_int(&w, i) < 0 ? err_prefix("key %s: ", key) : 0;
}

static int check_history(const record *h)
{
    const field *f = record_find(h, "history");
    if (!f)
        return 0;
    walk w = {f->value, f->value + f->size};
    uint32_t n;
    return walk_array(&w, &n) < 0 ? err_prefix("key history: ") : 0;
}

/* Reads the kind of the segment. All segments of a stream must have the same kind. */
static int read_kind(stream_in *in)
{
    const field *f = record_find(&in->header, "kind");
    if (!f)
        return err_set("key kind: missing");
    walk w = {f->value, f->value + f->size};
    const char *s;
    size_t n;
    if (walk_str(&w, &s, &n) < 0)
        return err_prefix("key kind: ");
    if (in->kind)
        return strlen(in->kind) == n && memcmp(in->kind, s, n) == 0
                   ? 0
                   : err_set("segments of different kinds: expected %s", in->kind);
    in->kind = mem_strndup(s, n);
    return in->kind ? 0 : -1;
}

static int check_version(stream_in *in)
{
    const record *h = &in->header;
    if (!record_find(h, "ecan"))
        return err_set("expected a header, found a map without the key ecan");
    int64_t version;
    if (header_int(h, "ecan", &version) < 0)
        return -1;
    if (version != STREAM_VERSION)
        return err_set("unsupported format version %" PRId64 ": this program reads version %d", version,
                       STREAM_VERSION);
    return read_kind(in) < 0 ? -1 : check_history(h);
}

static int read_header(stream_in *in)
{
    if (parse_object(in, &in->header, 0) < 0 || check_version(in) < 0)
        return record_error(&in->header, NULL);
    if (in->check && check_header(in->check, &in->header) < 0)
        return -1;
    in->segments++;
    in->file_segments++;
    in->segment_records = 0;
    in->in_segment = true;
    return in->options.on_header ? in->options.on_header(in->options.context, &in->header) : 0;
}

static int read_end(stream_in *in, const record *r)
{
    int64_t n;
    if (header_int(r, "end", &n) < 0)
        return err_prefix("%s: end record: offset %" PRIu64 ": ", r->file, r->offset);
    if (n < 0 || (uint64_t)n != in->segment_records)
        return err_set("%s: end record: offset %" PRIu64 ": the count is %" PRId64 ", but %" PRIu64
                       " records were read",
                       r->file, r->offset, n, in->segment_records);
    in->in_segment = false;
    return in->options.on_end ? in->options.on_end(in->options.context, in->segment_records) : 0;
}

static int fail(stream_in *in)
{
    in->failed = true;
    return -1;
}

/* A complete but invalid record: the next one can be read. */
static int bad_record(stream_in *in, const record *r)
{
    in->recoverable = true;
    return record_error(r, NULL);
}

/* Parses an object within a segment. Returns 1 for a record, 0 for an end record, or -1. */
static int read_object(stream_in *in, record *r)
{
    bool parsed = parse_object(in, r, in->records + 1) == 0;
    if (parsed && !record_find(r, "id")) {
        if (record_find(r, "end"))
            return read_end(in, r) < 0 ? fail(in) : 0;
        if (record_find(r, "ecan")) {
            err_set("%s: truncated: offset %" PRIu64
                    ": found a header, expected the end record of the previous segment",
                    r->file, r->offset);
            return fail(in);
        }
        err_set("key id: missing");
        parsed = false;
    }
    in->records++;
    in->segment_records++;
    if (!parsed)
        return bad_record(in, r);
    if (!in->check || check_record(in->check, r) == 0)
        return 1;
    in->recoverable = true;
    return -1;
}

int stream_read(stream_in *in, record *r)
{
    in->recoverable = false;
    if (in->failed)
        return err_set("%s: cannot continue reading after an error", in->name);
    while (!in->finished) {
        int got = next_object(in);
        if (got < 0)
            return fail(in);
        if (got == 0) {
            close_file(in);
            int opened = open_next(in);
            if (opened < 0)
                return fail(in);
            in->finished = opened == 0;
        } else if (!in->in_segment) {
            if (read_header(in) < 0)
                return fail(in);
        } else {
            int result = read_object(in, r);
            if (result != 0)
                return result;
        }
    }
    return 0;
}

bool stream_recoverable(const stream_in *in)
{
    return in->recoverable;
}

/* ---- open and close ---- */

stream_in *stream_open(const char *const *files, int n, const stream_options *options)
{
    static const char *const standard_input[] = {"-"};
    stream_in *in = mem_array(1, sizeof *in);
    if (!in)
        return NULL;
    in->options = options ? *options : (stream_options){0};
    if (in->options.max_record == 0)
        in->options.max_record = STREAM_MAX_RECORD;
    in->files = n > 0 ? files : standard_input;
    in->n_files = n > 0 ? n : 1;
    in->fd = -1;
    if (input_named(in->files, in->n_files) < 0 ||
        (!in->options.unchecked && !(in->check = check_new(false))) || open_next(in) < 0 ||
        next_object(in) < 0 || read_header(in) < 0) {
        stream_close(in);
        return NULL;
    }
    return in;
}

void stream_close(stream_in *in)
{
    if (!in)
        return;
    close_file(in);
    buf_free(&in->b);
    check_free(in->check);
    record_free(&in->header);
    mem_free(in->kind);
    mem_free(in);
}

const record *stream_header(const stream_in *in)
{
    return &in->header;
}

const char *stream_kind(const stream_in *in)
{
    return in->kind;
}

unsigned stream_segment(const stream_in *in)
{
    return in->segments;
}

int stream_expect(const stream_in *in, const char *kind)
{
    return record_kind_expect(kind, in->kind) < 0 ? err_prefix("%s: ", in->header.file) : 0;
}

/* Whether the current object is complete and a record, not an end record. */
static bool record_at_hand(stream_in *in, size_t *more)
{
    static const unsigned char end[] = {0x81, 0xa3, 'e', 'n', 'd'};
    if (look(in, more) == 0)
        return false;
    return in->b.len - in->start < sizeof end || memcmp(in->b.data + in->start, end, sizeof end) != 0;
}

bool stream_ready(stream_in *in, int milliseconds)
{
    if (in->failed || in->finished || in->regular || in->fd < 0)
        return true;
    for (;;) {
        size_t more;
        if (record_at_hand(in, &more))
            return true;
        struct pollfd p = {.fd = in->fd, .events = POLLIN};
        if (in->walk.depth == 0 && in->walk.done > 0) /* an end record */
            return in->b.len - in->start > in->walk.done || poll(&p, 1, milliseconds) == 1;
        if (poll(&p, 1, milliseconds) != 1)
            return false;
        if (fill(in, more) != 1)
            return true; /* the end, or a read error, which the next read will report */
    }
}
