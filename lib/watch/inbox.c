/* SPDX-License-Identifier: Apache-2.0 */
#include "watch/inbox.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/file.h"
#include "io/output.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the folders ---- */

int inbox_open(inbox *b, const char *path, const char *results)
{
    struct stat in, out;
    *b = (inbox){.path = path, .results = results};
    if (stat(path, &in))
        return err_io("%s: %s", path, strerror(errno));
    if (!S_ISDIR(in.st_mode))
        return err_set("%s: not a folder", path);
    if (mkdir(results, 0700) && errno != EEXIST)
        return err_io("%s: %s", results, strerror(errno));
    if (stat(results, &out))
        return err_io("%s: %s", results, strerror(errno));
    if (in.st_dev == out.st_dev && in.st_ino == out.st_ino)
        return err_set("%s: expected another folder for the results than the one that is watched", results);
    return 0;
}

char *inbox_result_path(const inbox *b, const char *name, const char *suffix)
{
    char *path;
    if (asprintf(&path, "%s/%s%s", b->results, name, suffix) >= 0)
        return path;
    err_memory("out of memory");
    return NULL;
}

/* ---- what is to be done ---- */

static bool is_temporary(const char *name)
{
    static const char *const endings[] = {"~", ".tmp", ".part", ".partial", ".filepart"};
    const size_t n = strlen(name);
    if (name[0] == '.')
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t length = strlen(endings[i]);
        if (n >= length && strcmp(name + n - length, endings[i]) == 0)
            return true;
    }
    return false;
}

/* File systems round times down: to 100 ns, 1 us or 1 s. */
static bool same_time(const struct timespec *input, const struct timespec *result)
{
    static const long units[] = {1, 100, 1000, 1000000000};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (input->tv_sec == result->tv_sec && input->tv_nsec / units[i] * units[i] == result->tv_nsec)
            return true;
    return false;
}

/* Whether NAME and the suffix exists, and is of the input as it is. */
static bool is_current(const inbox *b, const char *name, const char *suffix, const struct timespec *modified)
{
    struct stat st;
    char *path = inbox_result_path(b, name, suffix);
    const bool current = path && stat(path, &st) == 0 && same_time(modified, &st.st_mtim);
    free(path);
    return current;
}

/* A lease for reading is not granted while a process has the file open for writing. For files of others, and
 * on file systems without leases, this is not known: false. Their writer's close is an event, too. */
static bool is_being_written(int fd)
{
    const bool busy = fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
    (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    return busy;
}

/* The result of inbox_pending() if a call for the file failed. */
static int report(const char *path, int error)
{
    if (error == ENOENT) /* deleted meanwhile */
        return 0;
    errno = error;
    (void)err_io("%s: %s", path, strerror(error));
    return error == EACCES ? -1 : -2;
}

/* The same for the path of the file. */
static int is_pending(const inbox *b, const char *path, const char *name, struct timespec *modified)
{
    struct stat st;
    if (lstat(path, &st))
        return report(path, errno);
    if (!S_ISREG(st.st_mode))
        return 0;
    *modified = st.st_mtim;
    if (is_current(b, name, INBOX_RESULT, modified)) {
        inbox_remove_error(b, name); /* of an older input: the program was killed before it was removed */
        return 0;
    }
    if (is_current(b, name, INBOX_ERROR, modified))
        return 0;
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return report(path, errno);
    const bool busy = is_being_written(fd);
    close(fd);
    return !busy;
}

int inbox_pending(const inbox *b, const char *name, struct timespec *modified)
{
    *modified = (struct timespec){0};
    if (is_temporary(name))
        return 0;
    char *path = file_join(b->path, name);
    const int result = path ? is_pending(b, path, name, modified) : -2;
    free(path);
    return result;
}

typedef struct entry {
    char *name;
    struct timespec modified;
} entry;

static int compare(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->modified.tv_sec != y->modified.tv_sec)
        return x->modified.tv_sec < y->modified.tv_sec ? -1 : 1;
    if (x->modified.tv_nsec != y->modified.tv_nsec)
        return x->modified.tv_nsec < y->modified.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

int inbox_list(const inbox *b, char ***names, size_t *n)
{
    DIR *d = opendir(b->path);
    entry *entries = NULL;
    size_t room = 0, count = 0;
    int result = d ? 0 : err_io("%s: %s", b->path, strerror(errno));
    while (!result) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e) {
            result = errno ? err_io("%s: %s", b->path, strerror(errno)) : 0;
            break;
        }
        struct timespec modified;
        const int pending = inbox_pending(b, e->d_name, &modified);
        if (!pending)
            continue;
        if (mem_grow(&entries, &room, count + 1, sizeof *entries) ||
            !(entries[count].name = mem_strndup(e->d_name, strlen(e->d_name))))
            result = -1;
        else
            entries[count++].modified = modified;
    }
    if (d)
        closedir(d);
    if (count)
        qsort(entries, count, sizeof *entries, compare);
    *n = count;
    *names = mem_array(count, sizeof **names);
    for (size_t i = 0; i < count; i++) {
        if (*names)
            (*names)[i] = entries[i].name;
        else
            mem_free(entries[i].name);
    }
    mem_free(entries);
    if (!*names)
        *n = 0;
    return *names ? result : -1;
}

void inbox_free_names(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        mem_free(names[i]);
    mem_free(names);
}

/* ---- results ---- */

static void remove_result(const inbox *b, const char *name, const char *suffix)
{
    char *path = inbox_result_path(b, name, suffix);
    if (path)
        (void)unlink(path);
    free(path);
}

void inbox_remove_temporary(const inbox *b)
{
    static const char prefix[] = ".ecan-"; /* io/output.c */
    DIR *d = opendir(b->results);
    for (struct dirent *e; d && (e = readdir(d));)
        if (strncmp(e->d_name, prefix, sizeof prefix - 1) == 0)
            remove_result(b, e->d_name, "");
    if (d)
        closedir(d);
}

void inbox_remove_error(const inbox *b, const char *name)
{
    remove_result(b, name, INBOX_ERROR);
}

static int write_text(output_file *out, const char *text, const struct timespec *modified)
{
    const int fd = output_fd(out);
    const size_t n = strlen(text);
    if (write(fd, text, n) != (ssize_t)n || futimens(fd, (const struct timespec[2]){*modified, *modified}))
        return err_io("%s: cannot write: %s", output_name(out), strerror(errno));
    return 0;
}

int inbox_write_error(const inbox *b, const char *name, const struct timespec *modified, const char *text)
{
    char *path = inbox_result_path(b, name, INBOX_ERROR);
    output_file *out = path ? output_open(path, OUTPUT_NOTES) : NULL;
    int result = out ? write_text(out, text, modified) : -1;
    if (!result)
        result = output_commit(out);
    else
        output_discard(out);
    free(path);
    if (!result)
        remove_result(b, name, INBOX_RESULT);
    return result;
}
