#include "io/file.h"

#include "base/err.h"

#include <dirent.h>
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
        err_set("out of memory");
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
        err_set("%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    if (st.st_size > 0) {
        void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data == MAP_FAILED) {
            err_set("%s: %s", path, strerror(errno));
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
        err_set("%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return result ? -1 : 0;
}

int file_replace(const char *folder, const char *name, int (*write)(const void *context, const char *path),
                 const void *context)
{
    char *path = file_join(folder, name), *fresh = NULL;
    int result = -1;
    if (path && asprintf(&fresh, "%s.new", path) < 0) {
        fresh = NULL;
        err_set("out of memory");
    }
    if (fresh && !write(context, fresh) && !sync_file(fresh))
        result = rename(fresh, path) ? err_set("%s: %s", path, strerror(errno)) : 0;
    if (result && fresh)
        unlink(fresh);
    free(path);
    free(fresh);
    return result;
}

int file_remove_folder(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return err_set("%s: %s", path, strerror(errno));
    int result = 0;
    for (struct dirent *e; !result && (e = readdir(dir));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && unlinkat(dirfd(dir), e->d_name, 0))
            result = err_set("%s/%s: %s", path, e->d_name, strerror(errno));
    closedir(dir);
    if (!result && rmdir(path))
        result = err_set("%s: %s", path, strerror(errno));
    return result;
}
