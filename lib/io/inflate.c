/* SPDX-License-Identifier: Apache-2.0 */
#include "io/inflate.h"

#include "base/err.h"
#include "base/fd.h"
#include "base/mem.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { INPUT = 1 << 16, GZIP_WINDOW = 15 + 16 /* window bits; adding 16 selects the gzip header */ };

struct inflater {
    z_stream z;
    int fd;
    bool between, ended; /* between: before a member or after its end; ended: fd has no more data */
    buf input;
};

bool inflater_is_gzip(const unsigned char *s, size_t n)
{
    return n >= 2 && s[0] == 0x1f && s[1] == 0x8b;
}

inflater *inflater_new(int fd, const unsigned char *s, size_t n)
{
    inflater *z = mem_array(1, sizeof *z);
    if (!z)
        return NULL;
    z->fd = fd;
    if (buf_add(&z->input, s, n) || buf_reserve(&z->input, INPUT) ||
        inflateInit2(&z->z, GZIP_WINDOW) != Z_OK) {
        buf_free(&z->input);
        mem_free(z);
        err_memory("out of memory");
        return NULL;
    }
    z->z.next_in = z->input.data;
    z->z.avail_in = (uInt)n;
    z->between = true;
    return z;
}

void inflater_free(inflater *z)
{
    if (!z)
        return;
    inflateEnd(&z->z);
    buf_free(&z->input);
    mem_free(z);
}

bool inflater_pending(const inflater *z)
{
    return z->z.avail_in > 0;
}

/* Reads more compressed bytes. 0 or -1. */
static int fill(inflater *z)
{
    const ssize_t got = fd_read(z->fd, z->input.data, INPUT);
    if (got < 0)
        return err_io("%s", strerror(errno));
    z->z.next_in = z->input.data;
    z->z.avail_in = (uInt)got;
    z->ended = got == 0;
    return 0;
}

/* After a member: begins the next one, or skips the padding with zeros that tapes have. 0 or -1. */
static int next_member(inflater *z)
{
    if (*z->z.next_in == 0) {
        z->z.avail_in--;
        z->z.next_in++;
        return 0;
    }
    z->between = false;
    return inflateReset(&z->z) == Z_OK ? 0 : err_set("damaged gzip data");
}

ssize_t inflater_read(inflater *z, unsigned char *out, size_t n)
{
    const uInt want = n > INT_MAX ? INT_MAX : (uInt)n;
    z->z.next_out = out;
    z->z.avail_out = want;
    while (z->z.avail_out == want) {
        if (z->z.avail_in == 0 && !z->ended && fill(z))
            return -1;
        if (z->z.avail_in == 0 && z->ended)
            return z->between ? 0 : err_set("the gzip data ends early: the file is incomplete");
        if (z->between) {
            if (next_member(z))
                return -1;
            continue;
        }
        const int result = inflate(&z->z, Z_NO_FLUSH);
        z->between = result == Z_STREAM_END;
        if (result == Z_MEM_ERROR)
            return err_memory("out of memory");
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return err_set("damaged gzip data%s%s", z->z.msg ? ": " : "", z->z.msg ? z->z.msg : "");
    }
    return (ssize_t)(want - z->z.avail_out);
}
