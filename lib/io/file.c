/* SPDX-License-Identifier: Apache-2.0 */
#include "io/file.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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

int file_map_open(file_map *f, const char *path)
{
    *f = (file_map){.data = (const unsigned char *)""};
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        err_io("%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (input_opened(fd, path)) {
        close(fd);
        return -1;
    }
    if (st.st_size > 0) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) {
            err_io("%s: %s", path, strerror(errno));
            close(fd);
            return -1;
        }
        f->data = data;
        f->size = (size_t)st.st_size;
    }
    close(fd);
    return 0;
}

void file_map_close(file_map *f)
{
    if (f->size)
        munmap((void *)(size_t)f->data, f->size);
    *f = (file_map){0};
}

static int sync_file(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    int result = fd < 0 ? -1 : fsync(fd);
    if (result)
        err_io("%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return result ? -1 : 0;
}

char *file_fresh(const char *folder, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s.new", folder, name) < 0) {
        err_memory("out of memory");
        return NULL;
    }
    return path;
}

/* Renames the fresh file to path. If path exists, the two names are exchanged, so that take_back() can
 * undo it. If the file system cannot exchange names, the old file is replaced and *undo becomes false. */
static int take_place(const char *fresh, const char *path, bool *undo)
{
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_EXCHANGE) == 0)
        return 0;
    const bool replaces = access(path, F_OK) == 0;
    if (rename(fresh, path))
        return err_io("%s: %s", path, strerror(errno));
    *undo &= !replaces;
    return 0;
}

static void take_back(const char *fresh, const char *path)
{
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_EXCHANGE))
        (void)rename(path, fresh);
}

typedef struct place {
    char *path, *fresh;
} place;

static int write_parts(const place *at, const file_part *parts, int n, const void *context)
{
    for (int i = 0; i < n; i++)
        if (!at[i].path || !at[i].fresh || parts[i].write(context, at[i].fresh) || sync_file(at[i].fresh))
            return -1;
    return 0;
}

static int take_places(const place *at, int n)
{
    bool undo = true;
    for (int i = 0; i < n; i++)
        if (take_place(at[i].fresh, at[i].path, &undo)) {
            while (undo && i-- > 0)
                take_back(at[i].fresh, at[i].path);
            return -1;
        }
    return 0;
}

int file_replace_all(const char *folder, const file_part *parts, int n, const void *context)
{
    place *at = mem_array((size_t)n, sizeof *at);
    if (!at)
        return -1;
    for (int i = 0; i < n; i++)
        at[i] = (place){file_join(folder, parts[i].name), file_fresh(folder, parts[i].name)};
    const int result = write_parts(at, parts, n, context) || take_places(at, n) ? -1 : 0;
    for (int i = 0; i < n; i++) {
        if (at[i].fresh)
            unlink(at[i].fresh); /* the old file now, or one that was not used */
        free(at[i].fresh);
        free(at[i].path);
    }
    mem_free(at);
    return result;
}

int file_replace(const char *folder, const char *name, int (*write)(const void *context, const char *path),
                 const void *context)
{
    return file_replace_all(folder, &(file_part){name, write}, 1, context);
}

int file_remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return err_io("%s: %s", path, strerror(errno));
    int result = 0;
    for (struct dirent *e; !result && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlinkat(dirfd(dir), e->d_name, 0))
            result = err_io("%s/%s: %s", path, e->d_name, strerror(errno));
    closedir(dir);
    if (!result && rmdir(path))
        result = err_io("%s: %s", path, strerror(errno));
    return result;
}
