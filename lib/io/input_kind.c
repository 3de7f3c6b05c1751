/* SPDX-License-Identifier: Apache-2.0 */
/* Word vectors begin with a UTF-8 character. The first bytes of a stream, the head of a map, are never
 * one: 0x80 .. 0x8f begin no character, nor do 0xde and 0xdf before a byte below 0x80. JSON counts as a
 * stream here, because the stream reader reports it by name. */
#include "io/input_kind.h"

#include "base/err.h"
#include "io/utf8check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool begins_as_vectors(const unsigned char *start, size_t n)
{
    return n > 0 && utf8_length(start, n) > 0 && start[0] != '{' && start[0] != '[';
}

static input_kind unreadable(const char *path)
{
    err_io("%s: %s", path, strerror(errno));
    return INPUT_UNREADABLE;
}

input_kind detect_input_kind(const char *path)
{
    struct stat st;
    unsigned char start[4] = {0};
    if (strcmp(path, "-") == 0)
        return INPUT_STREAM;
    if (stat(path, &st) < 0)
        return unreadable(path);
    if (S_ISDIR(st.st_mode))
        return INPUT_FOLDER;
    if (!S_ISREG(st.st_mode))
        return INPUT_STREAM;
    FILE *f = fopen(path, "rbe");
    if (!f)
        return unreadable(path);
    const size_t n = fread(start, 1, sizeof start, f);
    const int error = ferror(f) ? errno : 0;
    (void)fclose(f); /* the file was only read */
    if (error) {
        errno = error;
        return unreadable(path);
    }
    return begins_as_vectors(start, n) ? INPUT_VECTORS : INPUT_STREAM;
}

/* Reads the first byte of a file without consuming it; from a pipe tee(2) copies it. -1: there is none, or
 * it cannot be read in advance. */
static int peek(int fd)
{
    unsigned char byte;
    const off_t at = lseek(fd, 0, SEEK_CUR);
    if (at >= 0)
        return pread(fd, &byte, 1, at) == 1 ? byte : -1;
    int copy[2], found = -1;
    if (pipe2(copy, O_CLOEXEC))
        return -1;
    struct pollfd wait = {.fd = fd, .events = POLLIN}; /* if it does not block */
    if (poll(&wait, 1, -1) == 1 && tee(fd, copy[1], 1, 0) == 1 && read(copy[0], &byte, 1) == 1)
        found = byte;
    close(copy[0]);
    close(copy[1]);
    return found;
}

bool input_is_stream(const char *path)
{
    const bool standard = strcmp(path, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    const int byte = fd >= 0 ? peek(fd) : -1;
    if (fd >= 0 && !standard)
        close(fd);
    return (byte & 0xf0) == 0x80 || byte == 0xde || byte == 0xdf;
}
