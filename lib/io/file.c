/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include "base/err.h"
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

char *file_join(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        err_memory("out of memory");
        return NULL;
    }
    return path;
}

int file_exists(const char *path)
{
    if (access(path, F_OK) == 0)
        return 1;
    return errno == ENOENT || errno == ENOTDIR ? 0 : err_io("%s: %s", path, strerror(errno));
}

int file_exists_in(const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    const int exists = path ? file_exists(path) : -1;
    free(path);
    return exists;
}

int file_map_fd(file_map *f, int fd, const char *path)
{
    struct stat st;
    *f = (file_map){.data = (const unsigned char *)""};
    if (fstat(fd, &st))
        return err_io("%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set("%s: not a regular file", path);
    if (input_opened(fd, path))
        return -1;
    if (st.st_size > 0) {
        void *data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED)
            return err_io("%s: %s", path, strerror(errno));
        f->data = data;
        f->size = st.st_size;
    }
    return 0;
}

/* O_NONBLOCK: a named pipe is an error and does not block. */
int file_map_open(file_map *f, const char *path)
{
    *f = (file_map){.data = (const unsigned char *)""};
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_io("%s: %s", path, strerror(errno));
    const int result = file_map_fd(f, fd, path);
    close(fd);
    return result;
}

void file_map_close(file_map *f)
{
    if (f->size)
        munmap((void *)f->data, f->size);
    *f = (file_map){0};
}

off_t file_sizes(const char *const *paths, int n)
{
    off_t all = 0;
    for (int i = 0; i < n; i++) {
        struct stat st;
        const int failed = strcmp(paths[i], "-") == 0 ? fstat(STDIN_FILENO, &st) : stat(paths[i], &st);
        if (failed || !S_ISREG(st.st_mode) || st.st_size == 0)
            return 0;
        all += st.st_size;
    }
    return all;
}
