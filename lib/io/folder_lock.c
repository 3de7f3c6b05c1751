/* SPDX-License-Identifier: Apache-2.0 */
/* The lock of a folder is on the file .lock, which is the same file after an exchange: it is linked into the
 * new folder. It is deleted at the end. Whoever locked a file that was deleted meanwhile tries again. */
#include "io/folder.h"

#include "base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* "process 123 on HOST", from the file; "another process" where it has no such text. */
static int report_locked(const char *path, int fd)
{
    char text[300], host[256];
    long process;
    const ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    if (sscanf(text, "%ld %255[-.0-9A-Za-z]", &process, host) == 2)
        return err_set("%s: process %ld on %s is writing to this folder: wait until it ends, or use another "
                       "folder",
                       path, process, host);
    return err_set("%s: another process is writing to this folder", path);
}

static void put_name(int fd)
{
    char text[300], host[256] = "";
    gethostname(host, sizeof host - 1);
    const int n = snprintf(text, sizeof text, "%ld %s\n", (long)getpid(), host);
    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
        return; /* the message will be less clear */
}

static bool still_named(const char *path, int fd)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The descriptor, -1, or -2: the file was deleted or the folder replaced meanwhile. */
static int lock_file(const char *folder, const char *path)
{
    const int how = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = open(path, O_RDWR | O_CREAT | how, 0666);
    const int error = errno;
    if (fd < 0 && error == EACCES) /* of another user, who was killed */
        fd = open(path, O_RDONLY | how);
    int result = fd;
    if (fd < 0 && error == ENOENT)
        return -2;
    if (fd < 0)
        return err_io("%s: cannot write: %s", folder, strerror(errno == ENOENT ? error : errno));
    if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
        result = still_named(path, fd) ? report_locked(folder, fd) : -2;
    else if (!still_named(path, fd))
        result = -2;
    if (result < 0)
        close(fd);
    return result;
}

int folder_lock(const char *path, int *lock)
{
    if (mkdir(path, 0777) && errno != EEXIST)
        return err_io("%s: %s", path, strerror(errno));
    struct stat st;
    if (stat(path, &st))
        return err_io("%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set("%s: not a folder", path);
    char *file = file_join(path, FOLDER_LOCK);
    int fd = -1;
    for (int try = 0; file && try < 100 && (fd = lock_file(path, file)) == -2; try++)
        ;
    free(file);
    if (fd == -2)
        return err_set("%s: cannot be locked", path);
    if (fd < 0)
        return -1;
    put_name(fd);
    *lock = fd;
    if (folder_recover(path)) {
        folder_unlock(path, fd);
        return -1;
    }
    return 0;
}

void folder_unlock(const char *path, int lock)
{
    char *file = file_join(path, FOLDER_LOCK);
    if (file && still_named(file, lock))
        unlink(file);
    free(file);
    close(lock);
}

int folder_write(const char *path, const folder_part *parts, int n)
{
    int lock;
    const bool made = mkdir(path, 0777) == 0;
    int result = folder_lock(path, &lock);
    if (!result) {
        result = folder_replace(path, parts, n, NULL);
        folder_unlock(path, lock);
    }
    if (result && made)
        rmdir(path);
    return result;
}
