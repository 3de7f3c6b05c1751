/* SPDX-License-Identifier: Apache-2.0 */
/* A library to preload, that makes a program's calls fail. For fault.bats and kill.bats:
 *
 *     FAULT=write:7 FAULT_FIRED=file LD_PRELOAD=build/tests/fault.so ecan-embed ...
 *
 * FAULT=CALL:N   the N-th call of that sort fails:
 *     write      ENOSPC, a full disk: and so do those after it
 *     read       EIO, and so do those after it
 *     close      EIO, of a file that was written, which is closed all the same
 *     sync       EIO, of fsync
 *     rename     EIO, of rename, renameat and renameat2, and so does the next: it could be another way to the
 *                same
 *     open       EMFILE, of open and fopen
 *     kill       the process is killed before its N-th write, sync, rename, link, unlink, mkdir or rmdir
 * FAULT=short    reads and writes take less than 1000 bytes, and every other one is interrupted first
 *
 * With FAULT_EXCHANGE=1 every RENAME_EXCHANGE fails with EINVAL, as on NFS.
 * The file FAULT_FIRED is made when the fault happens: a sweep over N ends where it is not made. Standard
 * error is not changed. The C library's streams call the kernel by ways of their own: under a stream that is
 * to fail, the file is replaced by one that fails (/dev/full, or a folder, which cannot be read). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *sort = "";
static size_t sort_length;
static long at;
static atomic_long calls;

__attribute__((constructor)) static void start(void)
{
    const char *fault = getenv("FAULT");
    if (!fault)
        return;
    const char *colon = strchr(fault, ':');
    sort = fault;
    sort_length = colon ? (size_t)(colon - fault) : strlen(fault);
    at = colon ? strtol(colon + 1, NULL, 10) : 0;
}

static bool is(const char *name)
{
    return strlen(name) == sort_length && strncmp(sort, name, sort_length) == 0;
}

/* The function that this library hides. */
#define REAL(name) (*(__typeof__(&name) *)(void *)&(void *){dlsym(RTLD_NEXT, #name)})

static void tell(void)
{
    const char *path = getenv("FAULT_FIRED");
    if (path)
        syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0666));
}

/* Whether this call of that sort is to fail; error becomes errno. */
static bool fails(const char *name, int error)
{
    if (!is(name))
        return false;
    const long call = atomic_fetch_add(&calls, 1) + 1;
    if (call < at || (call > at + is("rename") && !is("write") && !is("read")))
        return false;
    tell();
    errno = error;
    return true;
}

static void may_kill(void)
{
    if (fails("kill", 0))
        raise(SIGKILL);
}

/* true: interrupted before anything was done. Every other time. */
static bool interrupted(void)
{
    if (!is("short") || atomic_fetch_add(&calls, 1) % 2)
        return false;
    errno = EINTR;
    return true;
}

static size_t few(size_t n)
{
    const size_t most = 1 + (size_t)atomic_load(&calls) * 7919 % 1000;
    return is("short") && n > most ? most : n;
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

ssize_t read(int fd, void *data, size_t n)
{
    return fails("read", EIO) || interrupted() ? -1 : REAL(read)(fd, data, few(n));
}

static bool written(int fd)
{
    const int flags = fcntl(fd, F_GETFL);
    return fd > STDERR_FILENO && flags >= 0 && (flags & O_ACCMODE) == O_WRONLY;
}

int close(int fd)
{
    const bool failed = written(fd) && fails("close", EIO);
    const int result = REAL(close)(fd);
    if (failed)
        errno = EIO;
    return failed ? -1 : result;
}

int fsync(int fd)
{
    may_kill();
    return fails("sync", EIO) ? -1 : REAL(fsync)(fd);
}

int rename(const char *from, const char *to)
{
    may_kill();
    return fails("rename", EIO) ? -1 : REAL(rename)(from, to);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    may_kill();
    return fails("rename", EIO) ? -1 : REAL(renameat)(from_dir, from, to_dir, to);
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    may_kill();
    return REAL(linkat)(from_dir, from, to_dir, to, flags);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    may_kill();
    return REAL(mkdirat)(dir, path, mode);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    may_kill();
    if (flags & RENAME_EXCHANGE && getenv("FAULT_EXCHANGE")) {
        errno = EINVAL;
        return -1;
    }
    return fails("rename", EIO) ? -1 : REAL(renameat2)(from_dir, from, to_dir, to, flags);
}

int unlink(const char *path)
{
    may_kill();
    return REAL(unlink)(path);
}

int unlinkat(int dir, const char *path, int flags)
{
    may_kill();
    return REAL(unlinkat)(dir, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    may_kill();
    return REAL(mkdir)(path, mode);
}

int rmdir(const char *path)
{
    may_kill();
    return REAL(rmdir)(path);
}

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list ap;
        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        va_end(ap);
    }
    return fails("open", EMFILE) ? -1 : REAL(open)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
    return fails("open", EMFILE) ? NULL : REAL(fopen)(path, mode);
}

/* ---- streams ---- */

/* From now on what is under the stream fails. */
static void replace(FILE *f, const char *by)
{
    const int fd = REAL(open)(by, by[1] == 'd' ? O_WRONLY : O_RDONLY);
    dup2(fd, fileno(f));
    REAL(close)(fd);
}

static void before_write(FILE *f)
{
    if (f == stderr)
        return;
    may_kill();
    if (fails("write", ENOSPC))
        replace(f, "/dev/full");
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

int fputc(int c, FILE *f)
{
    before_write(f);
    return REAL(fputc)(c, f);
}

int(putc)(int c, FILE *f)
{
    return fputc(c, f);
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

int fflush(FILE *f)
{
    if (f && __fpending(f) > 0)
        before_write(f);
    return REAL(fflush)(f);
}

int fclose(FILE *f)
{
    if (__fpending(f) > 0)
        before_write(f);
    const bool failed = f != stdout && written(fileno(f)) && fails("close", EIO);
    const int result = REAL(fclose)(f);
    if (failed)
        errno = EIO;
    return failed ? EOF : result;
}

size_t fread(void *data, size_t size, size_t n, FILE *f)
{
    if (fails("read", EIO))
        replace(f, "/");
    return REAL(fread)(data, size, n, f);
}
