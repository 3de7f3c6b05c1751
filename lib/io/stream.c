/* SPDX-License-Identifier: Apache-2.0 */
/* Reads streams: headers, records and ends. Writing is in stream_out.c. */
#include "io/stream.h"

#include "base/err.h"
#include "io/file.h"
#include "io/kinds.h"
#include "io/output.h"
#include "io/stream_private.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

/* bytes; larger objects are passed on with their buffer, without a copy */
#define LARGE (256 << 10)

/* ---- objects ---- */

/* Moves past the current object. */
static void use_object(stream_in *in)
{
    in->large = in->walk.done >= LARGE;
    in->start += in->walk.done;
    in->offset += in->walk.done;
    in->walk.done = 0;
    in->walk.depth = 0;
}

/* Moves past the current object, which is at the start of the buffer, and exchanges the buffer with that
 * of r. */
static int hand_over(stream_in *in, record *r)
{
    const size_t end = in->start + in->walk.done;
    r->bytes.len = 0;
    if (buf_add(&r->bytes, in->b.data + end, in->b.len - end) < 0)
        return -1;
    const buf whole = in->b;
    in->b = r->bytes;
    r->bytes = whole;
    r->bytes.len = end;
    r->lead = in->start;
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
    if (in->start < STREAM_LEADS && in->walk.done >= LARGE)
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
        int got = stream_next_object(in);
        if (got < 0)
            return fail(in);
        if (got == 0) {
            stream_close_file(in);
            int opened = stream_open_next(in);
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
    in->bytes = file_sizes(in->files, in->n_files);
    if (input_named(in->files, in->n_files) < 0 ||
        (!in->options.unchecked && !(in->check = check_new(false))) || stream_open_next(in) < 0 ||
        stream_next_object(in) < 0 || read_header(in) < 0) {
        stream_close(in);
        return NULL;
    }
    return in;
}

void stream_close(stream_in *in)
{
    if (!in)
        return;
    stream_close_file(in);
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
    if (stream_look(in, more) == 0)
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
        if (stream_fill(in, more) != 1)
            return true; /* the end, or a read error, which the next read will report */
    }
}
