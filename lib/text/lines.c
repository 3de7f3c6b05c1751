/* SPDX-License-Identifier: Apache-2.0 */
#include "text/lines.h"

#include "base/err.h"
#include "base/fd.h"
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK (256 << 10)

static int fail(lines *l)
{
    l->failed = true;
    return err_io("%s: %s", l->path, err_reading(errno));
}

int lines_open(lines *l, const char *path, size_t max)
{
    bool standard = strcmp(path, "-") == 0;
    *l = (lines){.path = standard ? "standard input" : path, .max = max ? max : SIZE_MAX};
    l->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (l->fd < 0)
        return fail(l);
    if (input_opened(l->fd, l->path) == 0)
        return 0;
    l->failed = true;
    return -1;
}

int lines_open_fd(lines *l, int fd, const char *path, size_t max)
{
    *l = (lines){.path = path, .max = max ? max : SIZE_MAX};
    l->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return l->fd < 0 ? fail(l) : 0;
}

int lines_open_encoded(lines *l, const char *path, size_t max, const char *encoding)
{
    if (lines_open(l, path, max))
        return -1;
    l->decodes = true;
    l->encoding = encoding;
    return 0;
}

/* No more lines can be read. Prefixes the message with the path. */
static int fail_here(lines *l)
{
    l->failed = true;
    return err_prefix("%s: ", l->path);
}

static ssize_t read_bytes(lines *l, unsigned char *to, size_t n)
{
    const ssize_t got = l->gzip ? inflater_read(l->gzip, to, n) : fd_read(l->fd, to, n);
    if (got < 0)
        return l->gzip ? fail_here(l) : fail(l);
    return got;
}

/* Appends the next bytes to data, converted to UTF-8. */
static int fill_decoded(lines *l)
{
    l->raw.len = 0;
    if (buf_reserve(&l->raw, CHUNK)) {
        l->failed = true;
        return -1;
    }
    const ssize_t got = read_bytes(l, l->raw.data, l->raw.cap);
    if (got < 0)
        return -1;
    l->ended = got == 0;
    return decoder_add(l->decoder, l->raw.data, got, l->ended, &l->data) ? fail_here(l) : 0;
}

/* Moves the unread bytes to the front and reads more after them. 0, or -1 with the message set. */
static int fill(lines *l)
{
    buf *d = &l->data;
    if (l->next > 0) {
        memmove(d->data, d->data + l->next, d->len - l->next);
        d->len -= l->next;
        l->before += l->next;
        l->next = 0;
    }
    if (l->decoder)
        return fill_decoded(l);
    if (buf_reserve(d, CHUNK) < 0) {
        l->failed = true;
        return -1;
    }
    const ssize_t got = read_bytes(l, d->data + d->len, d->cap - d->len);
    if (got < 0)
        return -1;
    d->len += got;
    l->ended = got == 0;
    return 0;
}

/* Finds the end of the unread line: a line feed or the end of the file. *size is the number of bytes before
 * it. Reads as needed, and stops if the line is too long. */
static int find_end(lines *l, size_t *size)
{
    size_t looked = 0;
    for (;;) {
        const unsigned char *start = l->data.data + l->next;
        size_t there = l->data.len - l->next;
        const unsigned char *lf = there > looked ? memchr(start + looked, '\n', there - looked) : NULL;
        *size = lf ? (size_t)(lf - start) : there;
        if (lf || l->ended || *size > l->max)
            return 0;
        looked = l->data.len - l->next;
        if (fill(l) < 0)
            return -1;
    }
}

/* Skips the unread bytes up to and including a line feed. */
static int drop_line(lines *l)
{
    for (;;) {
        const unsigned char *start = l->data.data + l->next;
        const unsigned char *lf = memchr(start, '\n', l->data.len - l->next);
        l->next = lf ? l->next + (lf + 1 - start) : l->data.len;
        l->dropping = !lf && !l->ended;
        if (!l->dropping)
            return 0;
        if (fill(l) < 0)
            return -1;
    }
}

/* Reads until there are n unread bytes, or the file ends. */
static int want(lines *l, size_t n)
{
    while (l->data.len - l->next < n && !l->ended)
        if (fill(l) < 0)
            return -1;
    return 0;
}

/* The bytes read so far are gzip data: decompresses them and all that follow. */
static int begin_gzip(lines *l)
{
    l->gzip = inflater_new(l->fd, l->data.data, l->data.len);
    l->failed = !l->gzip;
    l->data.len = 0;
    l->ended = false;
    return l->gzip ? 0 : -1;
}

/* Converts the bytes read so far, and all that follow, unless they are UTF-8. */
static int begin_decoding(lines *l)
{
    size_t mark;
    const char *bom_encoding = decode_mark(l->data.data, l->data.len, &mark);
    const char *encoding = bom_encoding ? bom_encoding : l->encoding;
    if (decode_is_utf8(encoding))
        return 0;
    if (!(l->decoder = decoder_new(encoding))) {
        l->failed = true;
        return -1;
    }
    const buf bytes = l->data;
    l->data = (buf){0};
    const int result = decoder_add(l->decoder, bytes.data + mark, bytes.len - mark, l->ended, &l->data);
    buf_free(&(buf){.data = bytes.data, .len = bytes.len, .cap = bytes.cap});
    return result ? fail_here(l) : 0;
}

/* Byte order marks at the start are not text. A file that was converted from UTF-8 can have two. */
static int skip_marks(lines *l)
{
    static const char mark[] = "\xEF\xBB\xBF";
    for (;; l->next += 3) {
        if (want(l, 3) < 0)
            return -1;
        if (l->data.len - l->next < 3 || memcmp(l->data.data + l->next, mark, 3) != 0)
            return 0;
    }
}

enum { MARK = 4 }; /* maximum bytes of a byte order mark */

static int begin(lines *l)
{
    if (want(l, MARK) < 0)
        return -1;
    if (inflater_is_gzip(l->data.data, l->data.len) && (begin_gzip(l) < 0 || want(l, MARK) < 0))
        return -1;
    if (l->decodes && begin_decoding(l) < 0)
        return -1;
    return skip_marks(l);
}

int lines_next(lines *l)
{
    if (l->failed)
        return -1;
    if ((l->number == 0 && begin(l) < 0) || (l->dropping && drop_line(l) < 0) || want(l, 1) < 0)
        return -1;
    if (l->next == l->data.len)
        return 0;
    l->number++;
    l->offset = l->before + l->next;
    if (find_end(l, &l->n) < 0)
        return -1;
    if (l->n > l->max) {
        l->dropping = true;
        return err_set("a line of more than %zu bytes", l->max);
    }
    size_t end = l->next + l->n;
    bool last = end == l->data.len; /* the file ends without line feed */
    if (last && buf_reserve(&l->data, 1) < 0) {
        l->failed = true;
        return -1;
    }
    l->text = (char *)l->data.data + l->next;
    l->text[l->n] = '\0';
    l->next = last ? end : end + 1;
    return 1;
}

int lines_next_named(lines *l)
{
    const int got = lines_next(l);
    return got < 0 && !l->failed ? lines_error(l) : got;
}

bool lines_ready(const lines *l)
{
    struct pollfd p = {.fd = l->fd, .events = POLLIN};
    size_t there = l->data.len - l->next;
    return l->ended || (there > 0 && memchr(l->data.data + l->next, '\n', there)) ||
           (l->gzip && inflater_pending(l->gzip)) || poll(&p, 1, 0) != 0;
}

int lines_error(const lines *l)
{
    return err_prefix("%s: line %llu: ", l->path, (unsigned long long)l->number);
}

void lines_close(lines *l)
{
    if (l->fd > STDIN_FILENO)
        close(l->fd);
    inflater_free(l->gzip);
    decoder_free(l->decoder);
    buf_free(&l->raw);
    buf_free(&l->data);
    *l = (lines){.fd = -1};
}

FILE *lines_create(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f)
        err_io("%s: %s", path, strerror(errno));
    return f;
}

FILE *lines_create_private(const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    if (!f) {
        err_io("%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
    return f;
}

/* errno of an earlier write is lost. */
int lines_finish(FILE *f, const char *path)
{
    const bool failed = ferror(f);
    if (fclose(f))
        return err_io("%s: %s", path, err_reason(errno));
    return failed ? err_io("%s: cannot write: is the disk full?", path) : 0;
}
