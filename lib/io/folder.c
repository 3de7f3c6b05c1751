/* SPDX-License-Identifier: Apache-2.0 */
#include "io/folder.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/little_endian.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 1000
#define BLOCK ((size_t)1 << 20)

/* ---- one generation ----
 *
 * All names are looked up twice. If the second time gives the same folders and files, there was a moment
 * between at which they all were there, and at each moment they are one generation. A file that is open
 * keeps its inode number, so an equal number is the same file. */

static bool same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A folder in .next means that the file is gone. */
static int open_pending(int next, const char *name, bool *gone)
{
    struct stat st;
    const int fd = openat(next, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    *gone = fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode);
    if (!*gone)
        return fd;
    close(fd);
    return -1;
}

/* -1 without the message: there is no such file. */
static int open_file(int dir, int next, const char *name)
{
    bool gone = false;
    int fd = next < 0 ? -1 : open_pending(next, name, &gone);
    if (fd < 0 && !gone && (next < 0 || errno == ENOENT))
        fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (gone)
        errno = ENOENT;
    return fd;
}

/* What the name is now. false: nothing. */
static bool find_file(int dir, int next, const char *name, struct stat *st)
{
    if (next >= 0 && fstatat(next, name, st, AT_SYMLINK_NOFOLLOW) == 0)
        return !S_ISDIR(st->st_mode);
    return fstatat(dir, name, st, 0) == 0;
}

static bool unchanged(const folder_files *f, int dir, int next)
{
    struct stat then, now;
    if (fstat(dir, &then) || stat(f->path, &now) || !same(&then, &now))
        return false;
    const bool pending = fstatat(dir, FOLDER_PENDING, &now, AT_SYMLINK_NOFOLLOW) == 0;
    if (pending != (next >= 0) || (pending && (fstat(next, &then) || !same(&then, &now))))
        return false;
    for (int i = 0; i < f->n; i++) {
        const bool there = find_file(dir, next, f->names[i], &now);
        if (there != (f->fd[i] >= 0) || (there && (fstat(f->fd[i], &then) || !same(&then, &now))))
            return false;
    }
    return true;
}

static int check_regular(const folder_files *f, int i)
{
    struct stat st;
    if (f->fd[i] < 0)
        return 0;
    if (fstat(f->fd[i], &st))
        return err_io("%s/%s: %s", f->path, f->names[i], strerror(errno));
    return S_ISREG(st.st_mode) ? 0 : err_set("%s/%s: not a regular file", f->path, f->names[i]);
}

static int open_files(folder_files *f, int dir, int next)
{
    for (int i = 0; i < f->n; i++)
        if ((f->fd[i] = open_file(dir, next, f->names[i])) < 0 && errno != ENOENT)
            return err_io("%s/%s: %s", f->path, f->names[i], strerror(errno));
    return 0;
}

/* 0; 1: the folder was replaced meanwhile; -1. */
static int open_once(folder_files *f)
{
    const int dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return errno == ENOTDIR ? err_io("%s: not a folder", f->path)
                                : err_io("%s: %s", f->path, strerror(errno));
    const int next = openat(dir, FOLDER_PENDING, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int result = open_files(f, dir, next);
    if (!result && !unchanged(f, dir, next))
        result = 1;
    if (next >= 0)
        close(next);
    close(dir);
    for (int i = 0; !result && i < f->n; i++)
        result = check_regular(f, i);
    if (result)
        folder_close(f);
    return result;
}

int folder_open(folder_files *f, const char *path, const char *const *names, int n)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    *f = (folder_files){.path = path, .names = names, .n = n};
    for (int i = 0; i < FOLDER_FILES; i++)
        f->fd[i] = -1;
    for (int try = 0; try < TRIES; try++) {
        const int result = open_once(f);
        if (result <= 0)
            return result;
        nanosleep(&pause, NULL);
    }
    return err_set("%s: the files are being replaced all the time", path);
}

void folder_close(folder_files *f)
{
    for (int i = 0; i < f->n; i++) {
        if (f->fd[i] >= 0)
            close(f->fd[i]);
        f->fd[i] = -1;
    }
}

char *folder_path(const folder_files *f, int i)
{
    return file_join(f->path, f->names[i]);
}

int folder_map(const folder_files *f, int i, file_map *m)
{
    if (f->fd[i] < 0)
        return err_io("%s/%s: %s", f->path, f->names[i], strerror(ENOENT));
    char *path = folder_path(f, i);
    const int result = path ? file_map_fd(m, f->fd[i], path) : -1;
    free(path);
    return result;
}

char *folder_find(const char *path, const char *name)
{
    char *pending = file_join(path, FOLDER_PENDING), *found = pending ? file_join(pending, name) : NULL;
    free(pending);
    if (!found || file_exists(found) == 1)
        return found;
    free(found);
    return file_join(path, name);
}

/* ---- hashes ---- */

int folder_hash_begin(folder_hashing *x, const void *data, size_t size)
{
    const size_t n = (size + BLOCK - 1) / BLOCK;
    *x = (folder_hashing){.data = data, .size = size, .n = n, .h = mem_array(n + 1, sizeof *x->h)};
    return x->h ? 0 : -1;
}

void folder_hash_block(folder_hashing *x, size_t block)
{
    const size_t at = block * BLOCK, left = x->size - at;
    hash_wide(x->h[block], x->data + at, left < BLOCK ? left : BLOCK);
}

void folder_hash_end(folder_hashing *x, char hex[FOLDER_HASH])
{
    uint64_t h[2];
    x->h[x->n][0] = x->size;
    for (size_t i = 0; i <= x->n; i++)
        for (int k = 0; k < 2; k++)
            x->h[i][k] = htole64(x->h[i][k]);
    hash128(h, x->h, (x->n + 1) * sizeof *x->h);
    snprintf(hex, FOLDER_HASH, "%016llx%016llx", (unsigned long long)h[0], (unsigned long long)h[1]);
    mem_free(x->h);
    *x = (folder_hashing){0};
}

int folder_hash(const void *data, size_t size, char hex[FOLDER_HASH])
{
    folder_hashing x;
    if (folder_hash_begin(&x, data, size))
        return -1;
    for (size_t i = 0; i < x.n; i++)
        folder_hash_block(&x, i);
    folder_hash_end(&x, hex);
    return 0;
}
