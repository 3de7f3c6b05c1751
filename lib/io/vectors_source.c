/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a file of word vectors: mapped, or read whole from a pipe. */
#include "base/err.h"
#include "base/fd.h"
#include "io/output.h"
#include "io/vectors_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The size of a pipe is unknown until it is read completely. */
#define FIRST_LINE (1 << 20) /* the longest one, in bytes */

static int source_read(vectors_source *s, int fd)
{
    bool begun = false;
    for (;;) {
        if (buf_reserve(&s->read, 1 << 16) < 0)
            return -1;
        const ssize_t n = fd_read(fd, s->read.data + s->read.len, s->read.cap - s->read.len);
        if (n < 0)
            return err_io("cannot be read: %s", strerror(errno));
        if (n == 0)
            break;
        s->read.len += n;
        if (!begun && s->read.len >= FIRST_LINE && !memchr(s->read.data, '\n', FIRST_LINE))
            return err_set("not word vectors: the first line has more than %d bytes", FIRST_LINE);
        begun = s->read.len >= FIRST_LINE;
    }
    s->start = (const char *)s->read.data;
    s->end = s->start + s->read.len;
    return 0;
}

static int source_map(vectors_source *s, int fd, size_t size)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return err_io("cannot be mapped: %s", strerror(errno));
    s->mapped = true;
    s->start = bytes;
    s->end = s->start + size;
    return 0;
}

int vectors_source_open(vectors_source *s, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_io("cannot be opened: %s", strerror(errno));
        if (fd >= 0 && !standard)
            close(fd);
        return -1;
    }
    int rc;
    if (input_opened(fd, standard ? "standard input" : path) < 0)
        rc = -1;
    else if (S_ISDIR(st.st_mode))
        rc = err_set("is a folder, not a file of word vectors");
    else if (S_ISREG(st.st_mode) && st.st_size > 0 && lseek(fd, 0, SEEK_CUR) == 0)
        rc = source_map(s, fd, st.st_size);
    else
        rc = source_read(s, fd);
    if (!standard)
        close(fd);
    s->p = s->start;
    return rc;
}

void vectors_source_close(vectors_source *s)
{
    if (s->mapped)
        munmap((void *)(uintptr_t)s->start, s->end - s->start);
    buf_free(&s->read);
}

int vectors_row_error(const vectors_source *s, const char *at)
{
    return err_prefix("row %" PRIu64 ", byte %td: ", s->row, at - s->start);
}
