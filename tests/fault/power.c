/* SPDX-License-Identifier: Apache-2.0 */
/* A library to preload, that records what a program does to folders, for power.py. It appends lines to the
 * file POWER_LOG, with inode numbers:
 *
 *     new INODE d|f                        a folder or a file was made
 *     written INODE                        an existing file was opened for writing
 *     set FOLDER NAME INODE [FOLDER ...]   one step: the names are these inodes now; 0: there is no such name
 *     sync INODE NUMBER                    a file was synced; its contents are copied to POWER_LOG.NUMBER
 *     syncfolder INODE
 *
 * With POWER_EXCHANGE=0 every RENAME_EXCHANGE fails with EINVAL, as on NFS. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) (*(__typeof__(&name) *)(void *)&(void *){dlsym(RTLD_NEXT, #name)})

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* ---- the log ---- */

static int open_log(const char *suffix, int number, int more)
{
    char path[PATH_MAX];
    const char *log = getenv("POWER_LOG");
    if (!log)
        return -1;
    snprintf(path, sizeof path, number < 0 ? "%s" : "%s%s%d", log, suffix, number);
    return (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY | more, 0666);
}

__attribute__((format(printf, 1, 2))) static void log_line(const char *format, ...)
{
    char text[4 * PATH_MAX];
    va_list ap;
    va_start(ap, format);
    const int n = vsnprintf(text, sizeof text, format, ap), error = errno, fd = open_log("", -1, O_APPEND);
    va_end(ap);
    if (fd >= 0) {
        (void)!syscall(SYS_write, fd, text, (size_t)n);
        syscall(SYS_close, fd);
    }
    errno = error;
}

/* " FOLDER NAME INODE" of a path. */
static void describe(char *text, size_t room, int dir, const char *path)
{
    char above[PATH_MAX];
    struct stat folder = {0}, st = {0};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    snprintf(above, sizeof above, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    const int error = errno;
    (void)fstatat(dir, *above ? above : "/", &folder, 0);
    if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW))
        st.st_ino = 0;
    snprintf(text, room, " %lu %s %lu", (unsigned long)folder.st_ino, name, (unsigned long)st.st_ino);
    errno = error;
}

/* One step that changed these names; b can be NULL. */
static void log_set(int dir_a, const char *a, int dir_b, const char *b)
{
    char one[PATH_MAX], two[PATH_MAX] = "";
    describe(one, sizeof one, dir_a, a);
    if (b)
        describe(two, sizeof two, dir_b, b);
    log_line("set%s%s\n", one, two);
}

static void log_inode(const char *what, int dir, const char *path)
{
    struct stat st;
    if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
        log_line("%s %lu %s\n", what, (unsigned long)st.st_ino, S_ISDIR(st.st_mode) ? "d" : "f");
}

static void log_sync(int fd)
{
    static int copies;
    struct stat st;
    if (fstat(fd, &st))
        return;
    if (S_ISDIR(st.st_mode)) {
        log_line("syncfolder %lu\n", (unsigned long)st.st_ino);
        return;
    }
    char by_descriptor[40], data[1 << 16];
    snprintf(by_descriptor, sizeof by_descriptor, "/proc/self/fd/%d", fd);
    const int from = (int)syscall(SYS_openat, AT_FDCWD, by_descriptor, O_RDONLY),
              to = open_log(".", ++copies, O_TRUNC);
    for (long n; from >= 0 && to >= 0 && (n = syscall(SYS_read, from, data, sizeof data)) > 0;)
        (void)!syscall(SYS_write, to, data, (size_t)n);
    syscall(SYS_close, from);
    syscall(SYS_close, to);
    log_line("sync %lu %d\n", (unsigned long)st.st_ino, copies);
}

/* ---- calls ---- */

/* Makes the call, and then records it, if it succeeded. */
#define RECORDED(name, parameters, arguments, record)                                                        \
    int name parameters                                                                                      \
    {                                                                                                        \
        pthread_mutex_lock(&mutex);                                                                          \
        const int result = REAL(name) arguments;                                                             \
        if (result == 0) {                                                                                   \
            record;                                                                                          \
        }                                                                                                    \
        pthread_mutex_unlock(&mutex);                                                                        \
        return result;                                                                                       \
    }

/* clang-format off */
RECORDED(rename, (const char *a, const char *b), (a, b), log_set(AT_FDCWD, a, AT_FDCWD, b))
RECORDED(renameat, (int d, const char *a, int e, const char *b), (d, a, e, b), log_set(d, a, e, b))
RECORDED(linkat, (int d, const char *a, int e, const char *b, int flags), (d, a, e, b, flags), log_set(e, b, e, NULL))
RECORDED(mkdir, (const char *a, mode_t mode), (a, mode), log_inode("new", AT_FDCWD, a); log_set(AT_FDCWD, a, 0, NULL))
RECORDED(mkdirat, (int d, const char *a, mode_t mode), (d, a, mode), log_inode("new", d, a); log_set(d, a, 0, NULL))
RECORDED(unlink, (const char *a), (a), log_set(AT_FDCWD, a, 0, NULL))
RECORDED(unlinkat, (int d, const char *a, int flags), (d, a, flags), log_set(d, a, 0, NULL))
RECORDED(rmdir, (const char *a), (a), log_set(AT_FDCWD, a, 0, NULL))
RECORDED(fsync, (int fd), (fd), log_sync(fd))
/* clang-format on */

int renameat2(int d, const char *a, int e, const char *b, unsigned flags)
{
    const char *exchange = getenv("POWER_EXCHANGE");
    if (flags & RENAME_EXCHANGE && exchange && strcmp(exchange, "0") == 0) {
        errno = EINVAL;
        return -1;
    }
    pthread_mutex_lock(&mutex);
    const int result = REAL(renameat2)(d, a, e, b, flags);
    if (result == 0)
        log_set(d, a, e, b);
    pthread_mutex_unlock(&mutex);
    return result;
}

/* After a file was opened for writing. */
static void log_open(int dir, const char *path, bool existed, int fd, bool has_name)
{
    struct stat st;
    if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        return;
    log_line(existed ? "written %lu\n" : "new %lu f\n", (unsigned long)st.st_ino);
    if (!existed && has_name)
        log_set(dir, path, 0, NULL);
}

static int opened(int dir, const char *path, int flags, mode_t mode)
{
    struct stat st;
    pthread_mutex_lock(&mutex);
    const bool existed = fstatat(dir, path, &st, 0) == 0, no_name = (flags & O_TMPFILE) == O_TMPFILE;
    const int fd = REAL(openat)(dir, path, flags, mode);
    if (fd >= 0 && (flags & O_ACCMODE) != O_RDONLY)
        log_open(dir, path, existed && !no_name, fd, !no_name);
    pthread_mutex_unlock(&mutex);
    return fd;
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return opened(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return opened(dir, path, flags, mode);
}

FILE *fopen(const char *path, const char *how)
{
    struct stat st;
    pthread_mutex_lock(&mutex);
    const bool existed = stat(path, &st) == 0;
    FILE *f = REAL(fopen)(path, how);
    if (f && (strchr(how, 'w') || strchr(how, 'a') || strchr(how, '+')))
        log_open(AT_FDCWD, path, existed, fileno(f), true);
    pthread_mutex_unlock(&mutex);
    return f;
}

int mkostemp(char *path, int flags)
{
    pthread_mutex_lock(&mutex);
    const int fd = REAL(mkostemp)(path, flags);
    if (fd >= 0)
        log_open(AT_FDCWD, path, false, fd, true);
    pthread_mutex_unlock(&mutex);
    return fd;
}
