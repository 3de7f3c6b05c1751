/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a stream. They are read in large pieces into one buffer. The buffer grows only when it is
 * full: the lengths in the data never determine how much is allocated. */
#include "base/err.h"
#include "base/fd.h"
#include "base/lend.h"
#include "io/output.h"
#include "io/stream_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_SIZE   (1 << 20)  /* bytes */
#define LARGE_VALUE (64 << 10) /* bytes */

/* ---- bytes ---- */

int stream_open_next(stream_in *in)
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
    if (S_ISFIFO(st.st_mode)) {
        (void)fcntl(in->fd, F_SETPIPE_SZ,
                    READ_SIZE); /* fewer context switches between the programs; may fail */
        lend_accept(in->fd);
    }
    in->file_segments = 0;
    in->offset = 0;
    return 1;
}

double stream_fraction(const stream_in *in)
{
    const off_t read = in->bytes_closed + (in->fd >= 0 ? (off_t)in->offset : 0);
    return in->bytes > 0 ? (double)read / (double)in->bytes : 0;
}

void stream_close_file(stream_in *in)
{
    if (in->fd >= 0)
        in->bytes_closed += (off_t)in->offset;
    if (in->fd > STDIN_FILENO)
        (void)close(in->fd); /* the file was only read */
    in->fd = -1;
}

/* Moves the current object to the given place in the buffer. 0 or -1. */
static int move_object(stream_in *in, size_t to)
{
    buf *b = &in->b;
    const size_t n = b->len - in->start;
    if (to > in->start && b->cap - b->len < to - in->start && buf_reserve(b, to - in->start))
        return -1;
    if (n > 0)
        memmove(b->data + to, b->data + in->start, n);
    b->len = to + n;
    in->start = to;
    return 0;
}

/* Where in the buffer the current object should begin, if it is moved at all. If its incomplete value is
 * large, this place aligns the bytes of the value, which follow its head: the numbers of a tensor then need
 * not be copied (tensor_floats). What follows in the same record is usually aligned too. */
static size_t place_of(const stream_in *in, bool large)
{
    enum { HEAD = 5 }; /* bytes; of a str or bin of 64 KiB or more */
    const bool stays = !large || in->b.len - in->start > 2 * READ_SIZE;
    if (in->start < STREAM_LEADS && stays)
        return in->start;
    return large ? -(in->walk.done + HEAD) % STREAM_LEADS : 0;
}

int stream_fill(stream_in *in, size_t more)
{
    buf *b = &in->b;
    const bool large = more >= LARGE_VALUE || b->len - in->start - in->walk.done >= LARGE_VALUE;
    const size_t wanted = more < READ_SIZE ? more : READ_SIZE, place = place_of(in, large);
    if ((in->start == b->len || b->cap - b->len < wanted || large) && in->start != place &&
        move_object(in, place))
        return -1;
    if (b->cap - b->len < wanted && buf_reserve(b, b->len < READ_SIZE ? READ_SIZE : b->len) < 0)
        return -1;
    const size_t piece = in->large ? LARGE_VALUE : READ_SIZE, most = more > piece ? more : piece,
                 room = b->cap - b->len;
    const ssize_t n = fd_read(in->fd, b->data + b->len, room < most ? room : most);
    if (n < 0)
        return errno == EISDIR ? err_io("%s: %s", in->name, err_reading(errno))
                               : err_io("%s: offset %" PRIu64 ": %s", in->name, in->offset, strerror(errno));
    b->len += n;
    return n > 0;
}

/* ---- objects ---- */

static int error_here(const stream_in *in)
{
    if (!in->in_segment)
        return err_prefix("%s: header: offset %" PRIu64 ": ", in->name, in->offset);
    return err_prefix("%s: record %" PRIu64 ": offset %" PRIu64 ": ", in->name, in->records + 1, in->offset);
}

/* What the user has instead of a stream, by its first byte. */
static const char *hint(unsigned char first)
{
    switch (first) {
    case '{':
    case '[':
        return ", like JSON: run ecan-tokenize on encounters first, or ecan-import on predictions";
    case 0x1f:
        return ", like gzip: decompress it first (gzip -dc)";
    default:
        return ": use the output of ecan-tokenize, or of a program that reads it";
    }
}

static int not_a_map(const stream_in *in, unsigned char first)
{
    if (in->segments == 0)
        return err_set("%s: expected a stream of records, but it begins with byte 0x%02x%s", in->name, first,
                       hint(first));
    err_set("expected a map, found byte 0x%02x", first);
    return error_here(in);
}

static bool is_map(unsigned char first)
{
    return (first & 0xf0) == 0x80 || first == 0xde || first == 0xdf;
}

int stream_look(stream_in *in, size_t *more)
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

int stream_next_object(stream_in *in)
{
    for (;;) {
        size_t more;
        int r = stream_look(in, &more);
        if (r != 0)
            return r;
        int got = stream_fill(in, more);
        if (got < 0)
            return -1;
        if (got == 0) {
            bool between = in->b.len == in->start && !in->in_segment && in->file_segments > 0;
            return between ? 0 : truncated(in);
        }
    }
}
