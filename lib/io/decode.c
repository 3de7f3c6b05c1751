/* SPDX-License-Identifier: Apache-2.0 */
#include "io/decode.h"

#include "base/err.h"
#include "io/inflate.h"
#include "io/utf8check.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CHUNK (256 << 10)

/* The mark of UTF-32LE begins with that of UTF-16LE, so it is tested first. */
static const struct mark {
    const char *bytes;
    size_t n;
    const char *encoding;
} marks[] = {{"\xEF\xBB\xBF", 3, "UTF-8"},
             {"\xFF\xFE\0\0", 4, "UTF-32LE"},
             {"\0\0\xFE\xFF", 4, "UTF-32BE"},
             {"\xFF\xFE", 2, "UTF-16LE"},
             {"\xFE\xFF", 2, "UTF-16BE"}};

const char *decode_mark(const unsigned char *s, size_t n, size_t *size)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (n >= marks[i].n && memcmp(s, marks[i].bytes, marks[i].n) == 0) {
            *size = marks[i].n;
            return marks[i].encoding;
        }
    *size = 0;
    return NULL;
}

bool decode_is_utf8(const char *encoding)
{
    return !encoding || strcasecmp(encoding, "UTF-8") == 0 || strcasecmp(encoding, "UTF8") == 0;
}

/* ---- in pieces ---- */

enum { MAX_CHARACTER = 16 }; /* maximum bytes of a character */

struct decoder {
    iconv_t cd;
    char *encoding;
    size_t read; /* number of bytes converted */
    unsigned char kept[MAX_CHARACTER];
    size_t n_kept;
};

#define NAME_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:()+"

decoder *decoder_new(const char *encoding)
{
    decoder *d = mem_array(1, sizeof *d);
    if (!d)
        return NULL;
    d->encoding = mem_strndup(encoding, strlen(encoding));
    /* A slash would start a suffix of iconv, such as //IGNORE, which drops invalid bytes. */
    d->cd = strchr(encoding, '/') ? (iconv_t)-1 : iconv_open("UTF-8", encoding);
    if (d->encoding && d->cd != (iconv_t)-1)
        return d;
    /* The name can be that of a charset in the input. */
    if (strlen(encoding) <= 40 && encoding[strspn(encoding, NAME_CHARACTERS)] == '\0')
        err_set("no encoding is called '%s' (iconv -l lists them)", encoding);
    else
        err_set("no encoding has this name (iconv -l lists them)");
    decoder_free(d);
    return NULL;
}

void decoder_free(decoder *d)
{
    if (!d)
        return;
    if (d->cd != (iconv_t)-1)
        iconv_close(d->cd);
    mem_free(d->encoding);
    mem_free(d);
}

/* Converts all but an incomplete character at the end: *left bytes are not converted. */
static int convert(decoder *d, const unsigned char *s, size_t n, size_t *left, buf *out)
{
    char *from = (char *)s;
    *left = n;
    while (*left > 0) {
        if (buf_reserve(out, *left + *left / 2 + MAX_CHARACTER))
            return -1;
        char *to = (char *)out->data + out->len;
        size_t room = out->cap - out->len;
        const size_t result = iconv(d->cd, &from, left, &to, &room);
        const int error = errno;
        out->len = out->cap - room;
        if (result != (size_t)-1 || error == EINVAL)
            break;
        if (error != E2BIG)
            return err_set("byte %zu is not %s", d->read + n - *left + 1, d->encoding);
    }
    d->read += n - *left;
    return 0;
}

/* Converts the character that was kept, together with the first *used of the next bytes. */
static int convert_kept(decoder *d, const unsigned char *s, size_t n, size_t *used, buf *out)
{
    for (*used = 0; d->n_kept > 0 && *used < n;) {
        size_t left;
        d->kept[d->n_kept++] = s[(*used)++];
        if (convert(d, d->kept, d->n_kept, &left, out))
            return -1;
        if (left == d->n_kept && d->n_kept == MAX_CHARACTER)
            return err_set("byte %zu is not %s", d->read + 1, d->encoding);
        memmove(d->kept, d->kept + d->n_kept - left, left);
        d->n_kept = left;
    }
    return 0;
}

/* Some decoders of iconv delay a character until they know that no combining mark follows it. */
static int flush(decoder *d, buf *out)
{
    if (d->n_kept > 0)
        return err_set("the text ends within a character of %s", d->encoding);
    if (buf_reserve(out, MAX_CHARACTER))
        return -1;
    char *to = (char *)out->data + out->len;
    size_t room = out->cap - out->len;
    iconv(d->cd, NULL, NULL, &to, &room);
    out->len = out->cap - room;
    return 0;
}

int decoder_add(decoder *d, const unsigned char *s, size_t n, bool last, buf *out)
{
    size_t used = 0, left = 0;
    if (convert_kept(d, s, n, &used, out) || convert(d, s + used, n - used, &left, out))
        return -1;
    if (left > MAX_CHARACTER - 1)
        return err_set("byte %zu is not %s", d->read + 1, d->encoding);
    if (left > 0) {
        memcpy(d->kept, s + n - left, left);
        d->n_kept = left;
    }
    return last ? flush(d, out) : 0;
}

/* ---- whole texts ---- */

int decode_text(buf *out, const unsigned char *s, size_t n, const char *encoding)
{
    size_t mark, bad;
    const char *bom_encoding = decode_mark(s, n, &mark);
    if (bom_encoding)
        encoding = bom_encoding;
    s += mark;
    n -= mark;
    if (decode_is_utf8(encoding))
        return !utf8_check(s, n, &bad)
                   ? err_set("byte %zu is not UTF-8: name the encoding with --encoding", mark + bad + 1)
                   : buf_add(out, s, n);
    decoder *d = decoder_new(encoding);
    const int result = d ? decoder_add(d, s, n, true, out) : -1;
    decoder_free(d);
    return result;
}

/* Reads up to n bytes of fd, or of the text in its gzip data. */
static ssize_t read_some(inflater *z, int fd, unsigned char *to, size_t n)
{
    ssize_t got;
    do
        got = z ? inflater_read(z, to, n) : read(fd, to, n);
    while (got < 0 && !z && errno == EINTR);
    return got < 0 && !z ? err_set("%s", strerror(errno)) : got;
}

static int read_all(buf *out, int fd)
{
    inflater *z = NULL;
    const size_t from = out->len;
    ssize_t got = 1;
    for (bool looked = false; got > 0 && (got = buf_reserve(out, CHUNK)) == 0;) {
        got = read_some(z, fd, out->data + out->len, out->cap - out->len);
        out->len += got > 0 ? got : 0;
        if (looked || got <= 0 || out->len - from < 2)
            continue;
        looked = true;
        if (inflater_is_gzip(out->data + from, out->len - from)) {
            z = inflater_new(fd, out->data + from, out->len - from);
            out->len = from;
            got = z ? 1 : -1;
        }
    }
    inflater_free(z);
    return got == 0 ? 0 : -1;
}

int decode_read(buf *out, const char *path)
{
    const bool standard = strcmp(path, "-") == 0;
    const char *name = standard ? "standard input" : path;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set("%s: %s", name, strerror(errno));
    const int result = read_all(out, fd);
    if (!standard)
        close(fd);
    return result ? err_prefix("%s: ", name) : 0;
}

int decode_file(buf *out, const char *path, const char *encoding)
{
    buf bytes = {0};
    int result = decode_read(&bytes, path);
    if (!result && decode_text(out, bytes.data, bytes.len, encoding)) {
        err_prefix("%s: ", strcmp(path, "-") == 0 ? "standard input" : path);
        result = -1;
    }
    buf_free(&bytes);
    return result;
}
