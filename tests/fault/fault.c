/* SPDX-License-Identifier: Apache-2.0 */
/* A library to preload, that makes a program's calls fail (inject.h), all but allocations (memory.c):
 *
 *     FAULT=write:7 FAULT_FIRED=file LD_PRELOAD=build/tests/fault.so ecan-embed ...
 *
 * The kinds of calls are in the table below. Further:
 *     FAULT=kill:N   the process is killed before its N-th write, sync, rename, link, unlink, mkdir or rmdir
 *     FAULT=short    reads and writes take less than 1000 bytes, and every other one is interrupted first
 *     FAULT_EXCHANGE=1   every RENAME_EXCHANGE fails with EINVAL, as on NFS
 *
 * Standard error is not changed. The C library's streams call the kernel by ways of their own: under a stream
 * that is to fail, the file is replaced by one that fails (/dev/full, or a folder, which cannot be read). */
#include "inject.h"

#include <dirent.h>
#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

/* The function that this library hides. */
#define REAL(name) (*(__typeof__(&name) *)(void *)&(void *){dlsym(RTLD_NEXT, #name)})

static void may_kill(void)
{
    if (fails("kill", 0))
        raise(SIGKILL);
}

/* ---- calls that fail or are made ---- */

#define CALL(kind, error, type, failed, name, parameters, arguments)                                         \
    type name parameters                                                                                     \
    {                                                                                                        \
        return fails(kind, error) ? failed : REAL(name) arguments;                                           \
    }
/* The same for calls that change a folder. */
#define CHANGE(kind, error, type, failed, name, parameters, arguments)                                       \
    type name parameters                                                                                     \
    {                                                                                                        \
        may_kill();                                                                                          \
        return fails(kind, error) ? failed : REAL(name) arguments;                                           \
    }

/* clang-format off */
CALL("open", EMFILE, FILE *, NULL, fopen, (const char *path, const char *mode), (path, mode))
CALL("open", EMFILE, FILE *, NULL, fdopen, (int fd, const char *mode), (fd, mode))
CALL("open", EMFILE, DIR *, NULL, opendir, (const char *path), (path))
CALL("open", EMFILE, DIR *, NULL, fdopendir, (int fd), (fd))
CALL("open", EMFILE, int, -1, mkostemp, (char *path, int flags), (path, flags))
CALL("read", EIO, struct dirent *, NULL, readdir, (DIR *d), (d))
CALL("seek", EIO, off_t, -1, lseek, (int fd, off_t to, int from), (fd, to, from))
CALL("seek", EIO, int, -1, fseek, (FILE *f, long to, int from), (f, to, from))
CALL("seek", EIO, int, -1, fseeko, (FILE *f, off_t to, int from), (f, to, from))
CALL("stat", EIO, int, -1, stat, (const char *path, struct stat *st), (path, st))
CALL("stat", EIO, int, -1, lstat, (const char *path, struct stat *st), (path, st))
CALL("stat", EIO, int, -1, fstat, (int fd, struct stat *st), (fd, st))
CALL("stat", EIO, int, -1, fstatat, (int dir, const char *path, struct stat *st, int flags), (dir, path, st, flags))
CALL("stat", EIO, int, -1, access, (const char *path, int how), (path, how))
CALL("stat", EIO, ssize_t, -1, readlink, (const char *path, char *to, size_t n), (path, to, n))
CALL("stat", EIO, char *, NULL, realpath, (const char *path, char *real), (path, real))
CALL("stat", EIO, char *, NULL, getcwd, (char *path, size_t n), (path, n))
CALL("stat", EIO, ssize_t, -1, fgetxattr, (int fd, const char *name, void *value, size_t n), (fd, name, value, n))
CALL("mode", EPERM, int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
CALL("mode", EPERM, int, -1, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
CALL("lock", ENOLCK, int, -1, flock, (int fd, int how), (fd, how))
CALL("map", ENOMEM, void *, MAP_FAILED, mmap, (void *p, size_t n, int how, int flags, int fd, off_t at_), (p, n, how, flags, fd, at_))
CALL("thread", EAGAIN, int, errno, pthread_create, (pthread_t *t, const pthread_attr_t *a, void *(*f)(void *), void *x), (t, a, f, x))
CALL("affinity", EPERM, int, -1, sched_getaffinity, (pid_t process, size_t n, cpu_set_t *set), (process, n, set))
CALL("random", ENOSYS, ssize_t, -1, getrandom, (void *p, size_t n, unsigned flags), (p, n, flags))
CALL("poll", ENOMEM, int, -1, poll, (struct pollfd *p, nfds_t n, int wait), (p, n, wait))
CALL("process", EMFILE, int, -1, pipe2, (int ends[2], int flags), (ends, flags))
CALL("process", EAGAIN, int, errno, posix_spawnp, (pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
     const posix_spawnattr_t *a, char *const argv[], char *const env[]), (process, file, actions, a, argv, env))
CALL("process", EINTR, pid_t, -1, waitpid, (pid_t process, int *status, int how), (process, status, how))
CALL("write", ENOSPC, ssize_t, -1, tee, (int from, int to, size_t n, unsigned flags), (from, to, n, flags))
CHANGE("write", ENOSPC, int, -1, ftruncate, (int fd, off_t n), (fd, n))
CHANGE("sync", EIO, int, -1, fsync, (int fd), (fd))
CHANGE("rename", EIO, int, -1, rename, (const char *from, const char *to), (from, to))
CHANGE("rename", EIO, int, -1, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
CHANGE("link", EIO, int, -1, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
CHANGE("mkdir", ENOSPC, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
CHANGE("mkdir", ENOSPC, int, -1, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
CHANGE("unlink", EIO, int, -1, unlink, (const char *path), (path))
CHANGE("unlink", EIO, int, -1, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
CHANGE("unlink", EIO, int, -1, rmdir, (const char *path), (path))
/* clang-format on */

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    may_kill();
    if (flags & RENAME_EXCHANGE && getenv("FAULT_EXCHANGE")) {
        errno = EINVAL;
        return -1;
    }
    return fails("rename", EIO) ? -1 : REAL(renameat2)(from_dir, from, to_dir, to, flags);
}

int open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails("open", EMFILE) ? -1 : REAL(open)(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails("open", EMFILE) ? -1 : REAL(openat)(dir, path, flags, mode);
}

int fcntl(int fd, int command, ...)
{
    va_list ap;
    va_start(ap, command);
    void *argument = va_arg(ap, void *);
    va_end(ap);
    return fails("control", EINVAL) ? -1 : REAL(fcntl)(fd, command, argument);
}

/* ---- reads and writes ---- */

/* true: interrupted before anything was done. Every other time. */
static bool interrupted(void)
{
    if (!is("short") || atomic_fetch_add(&shared->calls, 1) % 2)
        return false;
    errno = EINTR;
    return true;
}

static size_t few(size_t n)
{
    if (!is("short"))
        return n;
    const size_t most = 1 + (size_t)atomic_load(&shared->calls) * 7919 % 1000;
    return n > most ? most : n;
}

ssize_t write(int fd, const void *data, size_t n)
{
    if (fd != STDERR_FILENO) {
        may_kill();
        if (fails("write", ENOSPC) || interrupted())
            return -1;
        n = few(n);
    }
    return REAL(write)(fd, data, n);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t to)
{
    may_kill();
    return fails("write", ENOSPC) || interrupted() ? -1 : REAL(pwrite)(fd, data, few(n), to);
}

ssize_t read(int fd, void *data, size_t n)
{
    return fails("read", EIO) || interrupted() ? -1 : REAL(read)(fd, data, few(n));
}

ssize_t pread(int fd, void *data, size_t n, off_t from)
{
    return fails("read", EIO) || interrupted() ? -1 : REAL(pread)(fd, data, few(n), from);
}

/* A file is closed all the same. */
int close(int fd)
{
    const bool failed = fd > STDERR_FILENO && fails("close", EIO);
    const int error = errno, result = REAL(close)(fd);
    if (failed)
        errno = error;
    return failed ? -1 : result;
}

int closedir(DIR *d)
{
    const bool failed = fails("close", EIO);
    const int error = errno, result = REAL(closedir)(d);
    if (failed)
        errno = error;
    return failed ? -1 : result;
}

/* ---- streams ---- */

/* From now on what is under the stream fails. */
static void replace(FILE *f, const char *by)
{
    const int fd = REAL(open)(by, by[1] == 'd' ? O_WRONLY : O_RDONLY);
    dup2(fd, fileno(f));
    REAL(close)(fd);
}

/* Counts what begins a buffer: without that, the write of the buffer would be counted many times. An
 * interrupted write is for those who call write(). */
static void before_write(FILE *f)
{
    if (f == stderr || fileno(f) < 0)
        return;
    may_kill();
    if (__fpending(f) == 0 && given_error != EINTR && fails("write", ENOSPC))
        replace(f, "/dev/full");
}

static void before_read(FILE *f)
{
    if (fileno(f) >= 0 && given_error != EINTR && fails("read", EIO))
        replace(f, "/");
}

size_t fwrite(const void *data, size_t size, size_t n, FILE *f)
{
    before_write(f);
    return REAL(fwrite)(data, size, n, f);
}

int fputs(const char *s, FILE *f)
{
    before_write(f);
    return REAL(fputs)(s, f);
}

int puts(const char *s)
{
    before_write(stdout);
    return REAL(puts)(s);
}

int fputc(int c, FILE *f)
{
    before_write(f);
    return REAL(fputc)(c, f);
}

int(putc)(int c, FILE *f)
{
    return fputc(c, f);
}

int(putchar)(int c)
{
    return fputc(c, stdout);
}

int vfprintf(FILE *f, const char *format, va_list ap)
{
    before_write(f);
    return REAL(vfprintf)(f, format, ap);
}

int fprintf(FILE *f, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const int n = vfprintf(f, format, ap);
    va_end(ap);
    return n;
}

int printf(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const int n = vfprintf(stdout, format, ap);
    va_end(ap);
    return n;
}

int fclose(FILE *f)
{
    const bool failed = f != stdout && f != stderr && fileno(f) >= 0 && fails("close", EIO);
    const int error = errno, result = REAL(fclose)(f);
    if (failed)
        errno = error;
    return failed ? EOF : result;
}

size_t fread(void *data, size_t size, size_t n, FILE *f)
{
    before_read(f);
    return REAL(fread)(data, size, n, f);
}

ssize_t __getdelim(char **line, size_t *room, int end_, FILE *f)
{
    before_read(f);
    return REAL(__getdelim)(line, room, end_, f);
}

ssize_t getdelim(char **line, size_t *room, int end_, FILE *f)
{
    before_read(f);
    return REAL(getdelim)(line, room, end_, f);
}
