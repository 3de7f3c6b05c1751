/* SPDX-License-Identifier: Apache-2.0 */
/* Writes streams: small pieces are collected in a buffer, large ones are written directly, or lent to the
 * reader of a pipe (base/lend.h). */
#include "base/err.h"
#include "base/fd.h"
#include "base/lend.h"
#include "base/version.h"
#include "io/output.h"
#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIPE_SIZE (1 << 20)
#define DIRECT    (128 << 10) /* bytes; larger pieces are not copied */
#define FLUSH     (512 << 10) /* bytes collected, approximately at most */
#define MAP_HEAD  5           /* bytes at most */

struct stream_out {
    output_file *to;
    int fd; /* of to */
    bool unbuffered, failed, lends;
    bool in_segment, refused; /* rejected: the last record, because of its size */
    size_t max_record;
    uint64_t records; /* of the open segment */
    /* bytes: written, which other threads may read; up to the end of the last piece that was lent */
    _Atomic uint64_t sent;
    uint64_t lent;
    buf b;
    record own; /* scratch: the fields to write, indexed */
};

static int write_error(stream_out *out)
{
    out->failed = true;
    return err_io("%s: cannot write: %s", output_name(out->to), err_reason(errno));
}

static int write_all(stream_out *out, const unsigned char *data, size_t n)
{
    if (fd_write(out->fd, data, n) < 0)
        return write_error(out);
    out->sent += n;
    return 0;
}

/* Writes a large piece, which stays as it is until the reader has it if it is lent. */
static int write_large(stream_out *out, const unsigned char *data, size_t n)
{
    if (!out->lends || !lend_accepted(out->fd))
        return write_all(out, data, n);
    out->lent = out->sent + n; /* also if a part of it fails */
    if (lend_write(out->fd, data, n) < 0)
        return write_error(out);
    out->sent += n;
    return 0;
}

static int flush(stream_out *out)
{
    size_t n = out->b.len;
    out->b.len = 0;
    return write_all(out, out->b.data, n);
}

static int emit(stream_out *out, const void *data, size_t n)
{
    if (out->failed)
        return -1;
    if (n == 0)
        return 0;
    if (n >= DIRECT)
        return flush(out) < 0 ? -1 : write_large(out, data, n);
    if (buf_add(&out->b, data, n) < 0) {
        out->failed = true;
        return -1;
    }
    return out->b.len >= FLUSH ? flush(out) : 0;
}

static int emit_head(stream_out *out, uint32_t fields)
{
    unsigned char head[MAP_HEAD];
    return emit(out, head, pack_map_head(&(pack){.fields = fields}, head));
}

static int flush_if_unbuffered(stream_out *out)
{
    return out->failed ? -1 : out->unbuffered ? flush(out) : 0;
}

stream_out *stream_create(const char *path, bool unbuffered)
{
    stream_out *out = mem_array(1, sizeof *out);
    output_file *to = out ? output_open(path, OUTPUT_NOTES) : NULL;
    if (to && isatty(output_fd(to))) {
        err_set("%s: a terminal, and this output is binary: send it into a file or a pipe (ecan-show makes "
                "text of it)",
                output_name(to));
        output_discard(to);
        to = NULL;
    }
    if (!to) {
        mem_free(out);
        return NULL;
    }
    *out = (stream_out){
        .to = to, .fd = output_fd(to), .unbuffered = unbuffered, .max_record = STREAM_MAX_RECORD};
    (void)fcntl(out->fd, F_SETPIPE_SZ,
                PIPE_SIZE); /* fails if it is not a pipe, or if pipes of this size are exhausted */
    return out;
}

void stream_limit(stream_out *out, size_t max_record)
{
    if (max_record > out->max_record)
        out->max_record = max_record;
}

void stream_lend(stream_out *out)
{
    out->lends = true;
}

uint64_t stream_lent(const stream_out *out)
{
    return out->lent;
}

/* What is written was asked first: what is written in between only makes more of it unread. */
bool stream_returned(const stream_out *out, uint64_t lent)
{
    const uint64_t sent = out->sent, after = sent > lent ? sent - lent : 0;
    return lent == 0 || lend_unread(out->fd) <= after;
}

void stream_wait(const stream_out *out, uint64_t lent)
{
    while (!stream_returned(out, lent) && lend_wait(out->fd)) /* more may be written meanwhile */
        ;
}

bool stream_can_go_on(const stream_out *out)
{
    return out->refused && !out->failed;
}

/* ---- headers ---- */

static bool named(const field *f, const char *const *names)
{
    for (; names && *names; names++)
        if (strlen(*names) == f->key_len && memcmp(*names, f->key, f->key_len) == 0)
            return true;
    return false;
}

static bool own_has(const stream_out *out, const field *f)
{
    for (size_t i = 0; i < out->own.n; i++)
        if (out->own.fields[i].key_len == f->key_len &&
            memcmp(out->own.fields[i].key, f->key, f->key_len) == 0)
            return true;
    return false;
}

static int check_own(const pack *fields)
{
    return fields && pack_failed(fields)
               ? err_memory("cannot write the record: out of memory, or a value too large")
               : 0;
}

/* Indexes the fields to write, by name only. */
static int index_own(stream_out *out, const pack *fields)
{
    out->own.n = 0;
    if (!fields || fields->fields == 0)
        return 0;
    size_t n;
    const unsigned char *bytes = pack_bytes(fields, &n);
    walk w = {bytes, bytes + n};
    if (mem_grow(&out->own.fields, &out->own.cap, fields->fields, sizeof(field)) < 0)
        return -1;
    for (uint32_t i = 0; i < fields->fields; i++) {
        field *f = &out->own.fields[i];
        if (walk_str(&w, &f->key, &f->key_len) < 0 || walk_skip(&w) != 1)
            return err_set("cannot write the record: expected keys and values");
    }
    out->own.n = fields->fields;
    return 0;
}

static void pack_history(pack *p, const record *from, const char *program, const char *fingerprint)
{
    const field *f = from ? record_find(from, "history") : NULL;
    walk w = {NULL, NULL};
    uint32_t n = 0;
    if (f) {
        w = (walk){f->value, f->value + f->size};
        if (walk_array(&w, &n) < 0)
            n = 0;
    }
    pack_key(p, "history");
    pack_array(p, (size_t)n + 1);
    if (n > 0)
        pack_raw(p, w.p, w.end - w.p);
    pack_map(p, fingerprint ? 3 : 2);
    pack_str(p, "program");
    pack_str(p, program);
    pack_str(p, "version");
    pack_str(p, ECAN_VERSION);
    if (fingerprint) {
        pack_str(p, "model");
        pack_str(p, fingerprint);
    }
}

static int end_segment(stream_out *out)
{
    if (!out->in_segment)
        return flush_if_unbuffered(out);
    pack p = {0};
    pack_key(&p, "end");
    pack_uint(&p, out->records);
    if (pack_failed(&p))
        out->failed = true;
    else if (emit_head(out, 1) == 0)
        (void)emit(out, p.body.data, p.body.len);
    pack_free(&p);
    out->in_segment = false;
    return flush_if_unbuffered(out);
}

int stream_begin(stream_out *out, const char *kind, const char *program, const char *fingerprint,
                 const record *from, const pack *extra)
{
    static const char *const known[] = {"ecan", "kind", "history", NULL};
    if (end_segment(out) < 0 || check_own(extra) < 0 || index_own(out, extra) < 0)
        return -1;
    pack p = {0};
    pack_key(&p, "ecan");
    pack_int(&p, STREAM_VERSION);
    pack_key(&p, "kind");
    pack_str(&p, kind);
    pack_history(&p, from, program, fingerprint);
    for (size_t i = 0; from && i < from->n; i++) {
        const field *f = &from->fields[i];
        if (!named(f, known) && !own_has(out, f)) {
            pack_key_n(&p, f->key, f->key_len);
            pack_raw(&p, f->value, f->size);
        }
    }
    if (extra)
        pack_objects(&p, extra);
    if (pack_failed(&p))
        out->failed = true;
    else if (emit_head(out, p.fields) == 0)
        (void)emit(out, p.body.data, p.body.len);
    pack_free(&p);
    out->in_segment = true;
    out->records = 0;
    return flush_if_unbuffered(out);
}

/* ---- records ---- */

/* Returns where the first field begins, after the map's head. The bytes of each later field begin where
 * the previous field ends. */
static const unsigned char *first_field(const record *from)
{
    size_t n;
    const unsigned char *begin = record_map(from, &n), head = begin[0];
    return begin + (head == 0xde ? 3 : head == 0xdf ? 5 : 1);
}

/* Writes the kept fields of from. Adjacent fields are written in one piece. */
static int emit_kept(stream_out *out, const record *from, const char *const *drop)
{
    const unsigned char *run = NULL, *run_end = NULL, *begin = first_field(from);
    for (size_t i = 0; i < from->n; i++) {
        const field *f = &from->fields[i];
        if (!named(f, drop) && !own_has(out, f)) {
            if (run && run_end != begin) {
                if (emit(out, run, run_end - run) < 0)
                    return -1;
                run = NULL;
            }
            run = run ? run : begin;
            run_end = f->value + f->size;
        }
        begin = f->value + f->size;
    }
    return run ? emit(out, run, run_end - run) : 0;
}

/* The names of the new fields matter only if fields of from are written too. */
int stream_write(stream_out *out, const record *from, const char *const *drop, const pack *fields)
{
    size_t n = fields ? fields->fields : 0, added = 0;
    const unsigned char *new = fields ? pack_bytes(fields, &added) : NULL;
    size_t bytes = added;
    out->refused = false;
    if (check_own(fields) < 0 || (from && index_own(out, fields) < 0))
        return -1;
    const unsigned char *begin = from && from->n > 0 ? first_field(from) : NULL;
    for (size_t i = 0; from && i < from->n; i++) {
        const field *f = &from->fields[i];
        if (!named(f, drop) && !own_has(out, f)) {
            n++;
            bytes += f->value + f->size - begin;
        }
        begin = f->value + f->size;
    }
    if (record_check_size(n, MAP_HEAD + bytes, out->max_record) < 0) {
        out->refused = true;
        return err_prefix("cannot write: ");
    }
    if (emit_head(out, (uint32_t)n) < 0 || (from && emit_kept(out, from, drop) < 0) ||
        emit(out, new, added) < 0)
        return -1;
    out->records++;
    return flush_if_unbuffered(out);
}

int stream_begin_same(stream_out *out, const record *from, const char *const *drop, const pack *extra)
{
    if (end_segment(out) < 0 || stream_write(out, from, drop, extra) < 0)
        return -1;
    out->in_segment = true;
    out->records = 0;
    return 0;
}

/* Direct output is flushed. A file appears only after stream_end() without an error. */
static int finish(stream_out *out, bool well)
{
    const bool keep = well || output_is_direct(out->to);
    if (keep && !out->failed)
        (void)flush(out);
    stream_wait(out, out->lent);
    int result = -1;
    if (keep && !out->failed)
        result = output_commit(out->to);
    else
        output_discard(out->to);
    buf_free(&out->b);
    mem_free(out->own.fields);
    mem_free(out);
    return result;
}

int stream_end(stream_out *out)
{
    (void)end_segment(out);
    return finish(out, true);
}

void stream_abandon(stream_out *out)
{
    char *message = mem_strndup(err_message(), strlen(err_message()));
    (void)finish(out, false);
    if (message)
        err_set("%s", message);
    mem_free(message);
}
