/* SPDX-License-Identifier: Apache-2.0 */
#include "io/folder.h"

#include "base/err.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DIGITS 16
#define DEPTH  2 /* a folder, and those in it */
#define STAGED                                                                                               \
    3 /* what is deleted of a killed writer: a part that is a folder can have such a folder itself */

/* ---- small things ---- */

static int fail(const char *path)
{
    return err_io("%s: %s", path, strerror(errno));
}

static int open_folder(int at, const char *name, int more)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | more);
}

/* Calls f for each name in the folder until it returns nonzero, and returns that. -1 where it cannot be
 * read. */
static int each_name(int dir, int (*f)(void *context, const char *name), void *context)
{
    const int fd = open_folder(dir, ".", 0);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    int result = d ? 0 : -1;
    while (!result) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e) {
            result = errno ? -1 : 0;
            break;
        }
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            result = f(context, e->d_name);
    }
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return result;
}

static bool is_listed(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

static bool is_staging(const char *name, const char *prefix)
{
    const size_t n = strlen(prefix);
    return strncmp(name, prefix, n) == 0 && strlen(name) == n + DIGITS &&
           strspn(name + n, "0123456789abcdef") == DIGITS;
}

/* .NAME.new-R, of a folder in this one. */
static bool is_staging_of_any(const char *name)
{
    const size_t n = strlen(name), end = strlen(FOLDER_STAGING) + DIGITS;
    return name[0] == '.' && n > end && is_staging(name + n - end, FOLDER_STAGING);
}

static bool is_ours(const char *name)
{
    return is_staging_of_any(name) || is_staging(name, FOLDER_STAGING) || strcmp(name, FOLDER_PENDING) == 0 ||
           strcmp(name, FOLDER_LOCK) == 0;
}

/* Some file systems cannot sync a folder: their renames are as safe as they get. */
static int sync_fd(int fd, const char *path)
{
    return fsync(fd) && errno != EINVAL && errno != ENOTSUP ? fail(path) : 0;
}

/* ---- deleting ---- */

typedef struct level {
    int dir, depth; /* of folders, this one counted */
} level;

static int delete_folder(int at, const char *name, int depth);

/* What cannot be deleted stays, and so does its folder. */
static int delete_name(void *context, const char *name)
{
    const level *d = context;
    if (unlinkat(d->dir, name, 0) && (errno == EISDIR || errno == EPERM) && d->depth > 1)
        (void)delete_folder(d->dir, name, d->depth - 1);
    return 0;
}

/* A folder, no link to one, with its files. */
static int delete_folder(int at, const char *name, int depth)
{
    level d = {open_folder(at, name, O_NOFOLLOW), depth};
    if (d.dir < 0)
        return -1;
    (void)each_name(d.dir, delete_name, &d);
    close(d.dir);
    return unlinkat(at, name, AT_REMOVEDIR);
}

int folder_remove(const char *path, const char *const *names)
{
    struct stat st;
    const int dir = open_folder(AT_FDCWD, path, O_NOFOLLOW);
    if (dir < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? 0 : fail(path);
    int result = 0, n = 0;
    while (names[n])
        n++;
    while (!result && n-- > 0)
        if (fstatat(dir, names[n], &st, AT_SYMLINK_NOFOLLOW) == 0 && unlinkat(dir, names[n], 0))
            result = err_io("%s/%s: %s", path, names[n], strerror(errno));
    close(dir);
    if (!result && rmdir(path) && errno != ENOTEMPTY && errno != EEXIST)
        result = fail(path);
    return result;
}

typedef struct searching {
    level in;
    const char *const *names;
} searching;

/* 1: it is; 0; -1: a folder that cannot be read. */
static int is_foreign(void *context, const char *name)
{
    const searching *s = context;
    if (is_ours(name) || is_listed(s->names, name))
        return 0;
    const bool deeper = s->in.depth > 1;
    searching below = {{deeper ? open_folder(s->in.dir, name, O_NOFOLLOW) : -1, s->in.depth - 1}, s->names};
    if (below.in.dir < 0)
        return !deeper || errno == ENOTDIR || errno == ELOOP ? 1 : -1;
    const int found = each_name(below.in.dir, is_foreign, &below);
    close(below.in.dir);
    return found;
}

int folder_is_empty(const char *path, const char *const *names)
{
    searching s = {{open_folder(AT_FDCWD, path, 0), DEPTH}, names};
    const int found = s.in.dir < 0 ? -1 : each_name(s.in.dir, is_foreign, &s);
    if (found < 0)
        fail(path);
    if (s.in.dir >= 0)
        close(s.in.dir);
    return found < 0 ? -1 : !found;
}

/* ---- what is written ---- */

typedef struct writing {
    const char *path;
    const folder_part *parts;
    int n;
    const char *const *gone;
    int dir;                                  /* the folder */
    int fresh;                                /* the new one */
    bool unsynced;                            /* a sync failed: the message is set */
    char staging[sizeof FOLDER_STAGING + 32]; /* its name in the folder */
    char random[DIGITS + 1];
} writing;

static bool is_part(const writing *w, const char *name)
{
    for (int i = 0; i < w->n; i++)
        if (strcmp(w->parts[i].name, name) == 0)
            return true;
    return false;
}

static int make_staging(writing *w)
{
    uint64_t r;
    if (getrandom(&r, sizeof r, 0) != sizeof r)
        return fail(w->path);
    snprintf(w->random, sizeof w->random, "%016llx", (unsigned long long)r);
    snprintf(w->staging, sizeof w->staging, FOLDER_STAGING "%s", w->random);
    if (mkdirat(w->dir, w->staging, 0777) || (w->fresh = open_folder(w->dir, w->staging, O_NOFOLLOW)) < 0)
        return fail(w->path);
    return 0;
}

/* The message names the file as it will be called. */
static int without_staging(const writing *w)
{
    char *text = strdup(err_message()), *at = text ? strstr(text, w->staging) : NULL;
    if (at) {
        const size_t n = strlen(w->staging) + 1;
        memmove(at, at + n, strlen(at + n) + 1);
        err_set("%s", text);
    }
    free(text);
    return -1;
}

static int sync_part(const writing *w, const folder_part *part)
{
    const int fd = openat(w->fresh, part->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    file_map f;
    int result = fd < 0 || fsync(fd) ? err_io("%s/%s: %s", w->path, part->name, strerror(errno)) : 0;
    if (!result && part->hash) {
        result = file_map_fd(&f, fd, part->name) || folder_hash(f.data, f.size, part->hash) ? -1 : 0;
        file_map_close(&f);
    }
    if (fd >= 0)
        close(fd);
    return result;
}

static int write_parts(const writing *w)
{
    for (int i = 0; i < w->n; i++) {
        char *path;
        if (asprintf(&path, "%s/%s/%s", w->path, w->staging, w->parts[i].name) < 0)
            return err_memory("out of memory");
        const int failed = w->parts[i].write(w->parts[i].context, path);
        free(path);
        if (failed)
            return without_staging(w);
        if (sync_part(w, &w->parts[i]))
            return -1;
    }
    return sync_fd(w->fresh, w->path);
}

/* ---- the first way: exchange ---- */

static int link_name(int from, int to, const char *name)
{
    struct stat st;
    return fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ||
                   linkat(from, name, to, name, 0)
               ? -1
               : 0;
}

typedef struct linking {
    int from, to;
} linking;

static int link_file(void *context, const char *name)
{
    const linking *x = context;
    return link_name(x->from, x->to, name);
}

static int sync_carried(writing *w, int fd)
{
    w->unsynced |= sync_fd(fd, w->path) != 0;
    return w->unsynced ? -1 : 0;
}

/* A folder of files, as checkpoint is one. */
static int link_folder(writing *w, const char *name)
{
    struct stat st;
    linking x = {open_folder(w->dir, name, O_NOFOLLOW), -1};
    int result = -1;
    if (x.from >= 0 && fstat(x.from, &st) == 0 && mkdirat(w->fresh, name, 0777) == 0 &&
        (x.to = open_folder(w->fresh, name, O_NOFOLLOW)) >= 0 && fchmod(x.to, st.st_mode & 07777) == 0)
        result = each_name(x.from, link_file, &x) || sync_carried(w, x.to) ? -1 : 0;
    if (x.from >= 0)
        close(x.from);
    if (x.to >= 0)
        close(x.to);
    return result;
}

static bool is_replaced(const writing *w, const char *name)
{
    return is_part(w, name) || is_listed(w->gone, name) || is_staging(name, FOLDER_STAGING);
}

static int carry_name(void *context, const char *name)
{
    writing *w = context;
    return is_replaced(w, name) || link_name(w->dir, w->fresh, name) == 0 || link_folder(w, name) == 0 ? 0
                                                                                                       : -1;
}

/* Other processes would keep the old folder: those whose current directory it is. */
static bool is_current(const char *real)
{
    char here[PATH_MAX];
    const size_t n = strlen(real);
    return !getcwd(here, sizeof here) || (strncmp(here, real, n) == 0 && (here[n] == '/' || here[n] == '\0'));
}

/* The new folder gets the mode and the group of the old one. 0, or -1: it cannot. */
static int copy_rights(const writing *w)
{
    struct stat old, new;
    return fstat(w->dir, &old) || fstat(w->fresh, &new) || old.st_uid != new.st_uid ||
                   old.st_dev != new.st_dev || fgetxattr(w->dir, "system.posix_acl_access", NULL, 0) > 0 ||
                   fgetxattr(w->dir, "system.posix_acl_default", NULL, 0) > 0 ||
                   (old.st_gid != new.st_gid &&fchown(w->fresh, (uid_t)-1, old.st_gid)) ||
                   fchmod(w->fresh, old.st_mode & 07777)
               ? -1
               : 0;
}

/* From the old folder, which nobody finds any more: what was replaced or is linked in the new one is deleted.
 * What came meanwhile is moved there. */
static int empty_name(void *context, const char *name)
{
    const writing *w = context;
    struct stat st;
    if (!is_replaced(w, name) && fstatat(w->fresh, name, &st, AT_SYMLINK_NOFOLLOW))
        (void)renameat2(w->dir, name, w->fresh, name, RENAME_NOREPLACE);
    else if (unlinkat(w->dir, name, 0))
        (void)delete_folder(w->dir, name, 1);
    return 0;
}

/* 1: done; 0: not possible here, nothing is changed; -1: failed, nothing is changed. */
static int exchange(writing *w, const char *real)
{
    char beside[NAME_MAX + 1];
    const char *name = strrchr(real, '/') + 1;
    struct stat a, b;
    if (!*name || is_current(real) ||
        snprintf(beside, sizeof beside, ".%s" FOLDER_STAGING "%s", name, w->random) >= (int)sizeof beside)
        return 0;
    char *above = strndup(real, (size_t)(name - real));
    const int parent = above ? open_folder(AT_FDCWD, above, 0) : -1;
    free(above);
    if (parent < 0)
        return 0;
    int result = 0;
    if (fstat(w->dir, &a) == 0 && fstatat(parent, name, &b, 0) == 0 && a.st_ino == b.st_ino &&
        a.st_dev == b.st_dev && copy_rights(w) == 0 && each_name(w->dir, carry_name, w) == 0 &&
        sync_carried(w, w->fresh) == 0 && renameat(w->dir, w->staging, parent, beside) == 0) {
        if (renameat2(parent, beside, parent, name, RENAME_EXCHANGE))
            (void)renameat(parent, beside, w->dir, w->staging);
        else
            result = 1;
    }
    if (result > 0 && sync_fd(parent, w->path)) { /* undone */
        result = -1;
        if (renameat2(parent, beside, parent, name, RENAME_EXCHANGE) == 0)
            (void)renameat(parent, beside, w->dir, w->staging);
    }
    if (result > 0) {
        (void)each_name(w->dir, empty_name, w);
        (void)unlinkat(parent, beside, AT_REMOVEDIR);
    }
    close(parent);
    return w->unsynced ? -1 : result;
}

/* ---- the second way: in place ---- */

typedef struct moving {
    const char *path;
    int from, to;
} moving;

static int some_name(void *context, const char *name)
{
    (void)context;
    (void)name;
    return 1;
}

static bool is_empty_folder(int at, const char *name)
{
    const int fd = open_folder(at, name, O_NOFOLLOW);
    const bool empty = fd >= 0 && each_name(fd, some_name, NULL) == 0;
    if (fd >= 0)
        close(fd);
    return empty;
}

/* A file or a folder of files that is to be replaced. 0, also if there is none, or -1. */
static int delete_old(int at, const char *name)
{
    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return 0;
    return errno == EISDIR || errno == EPERM ? delete_folder(at, name, DEPTH) : -1;
}

static int move_name(void *context, const char *name)
{
    const moving *x = context;
    struct stat st;
    if (fstatat(x->from, name, &st, AT_SYMLINK_NOFOLLOW))
        return err_io("%s/%s: %s", x->path, name, strerror(errno));
    const bool folder = S_ISDIR(st.st_mode), gone = folder && is_empty_folder(x->from, name);
    int failed = folder ? delete_old(x->to, name) : 0;
    if (!failed && gone)
        failed = unlinkat(x->from, name, AT_REMOVEDIR);
    else if (!failed && (failed = renameat(x->from, name, x->to, name)) && errno == EISDIR)
        failed = delete_old(x->to, name) || renameat(x->from, name, x->to, name);
    return failed ? err_io("%s/%s: %s", x->path, name, strerror(errno)) : 0;
}

/* Moves what .next has into the folder. */
static int complete(int dir, const char *path)
{
    moving x = {path, open_folder(dir, FOLDER_PENDING, O_NOFOLLOW), dir};
    if (x.from < 0)
        return errno == ENOENT ? 0 : err_io("%s/" FOLDER_PENDING ": %s", path, strerror(errno));
    int result = each_name(x.from, move_name, &x);
    close(x.from);
    if (!result)
        result = sync_fd(dir, path);
    if (!result && unlinkat(dir, FOLDER_PENDING, AT_REMOVEDIR))
        result = err_io("%s/" FOLDER_PENDING ": %s", path, strerror(errno));
    return result;
}

/* Links that an exchange would have needed. */
static int drop_carried(void *context, const char *name)
{
    const writing *w = context;
    if (!is_part(w, name) && unlinkat(w->fresh, name, 0))
        (void)delete_folder(w->fresh, name, 1);
    return 0;
}

static int in_place(const writing *w)
{
    struct stat st;
    (void)each_name(w->fresh, drop_carried, (void *)(size_t)w);
    for (const char *const *name = w->gone; name && *name; name++)
        if (!is_part(w, *name) && fstatat(w->dir, *name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            mkdirat(w->fresh, *name, 0777))
            return fail(w->path);
    if (fsync(w->fresh) || renameat(w->dir, w->staging, w->dir, FOLDER_PENDING))
        return fail(w->path);
    return sync_fd(w->dir, w->path) || complete(w->dir, w->path) ? -1 : 0;
}

/* One file needs neither way: a rename is one step. */
static int replace_one(const writing *w)
{
    const char *name = w->parts[0].name;
    if (renameat(w->fresh, name, w->dir, name))
        return err_io("%s/%s: %s", w->path, name, strerror(errno));
    (void)unlinkat(w->dir, w->staging, AT_REMOVEDIR);
    return sync_fd(w->dir, w->path);
}

/* ---- the whole ---- */

static int replace(writing *w)
{
    if (complete(w->dir, w->path) || make_staging(w) || write_parts(w))
        return -1;
    if (w->n == 1 && !w->gone)
        return replace_one(w);
    char *real = realpath(w->path, NULL);
    const int done = real ? exchange(w, real) : 0;
    free(real);
    return done > 0 ? 0 : done < 0 ? -1 : in_place(w);
}

/* Half of the files would fill the rest of a full disk. The message stays. */
static void discard(const writing *w)
{
    char *why = strdup(err_message());
    (void)delete_folder(w->dir, w->staging, STAGED);
    if (why)
        err_set("%s", why);
    free(why);
}

static int sync_parent(const char *path)
{
    char *above;
    if (asprintf(&above, "%s/..", path) < 0)
        return err_memory("out of memory");
    const int fd = open_folder(AT_FDCWD, above, 0);
    free(above);
    const int result = fd < 0 ? 0 : sync_fd(fd, path); /* one that cannot be read is not synced */
    if (fd >= 0)
        close(fd);
    return result;
}

int folder_replace(const char *path, const folder_part *parts, int n, const char *const *gone)
{
    writing w = {.path = path, .parts = parts, .n = n, .gone = gone, .fresh = -1};
    if (mkdir(path, 0777) == 0 ? sync_parent(path) : errno != EEXIST ? fail(path) : 0)
        return -1;
    if ((w.dir = open_folder(AT_FDCWD, path, 0)) < 0)
        return fail(path);
    const int result = replace(&w);
    if (result && w.fresh >= 0)
        discard(&w);
    if (w.fresh >= 0)
        close(w.fresh);
    close(w.dir);
    return result;
}

/* ---- after a writer was killed ---- */

typedef struct recovery {
    int dir;
    const char *prefix;
} recovery;

static int delete_staging(void *context, const char *name)
{
    const recovery *r = context;
    if (is_staging(name, r->prefix))
        (void)delete_folder(r->dir, name, STAGED);
    return 0;
}

/* Next to the folder: what was not exchanged yet, or was but not deleted. */
static void clean_parent(const char *path)
{
    char *real = realpath(path, NULL), *name = real ? strrchr(real, '/') : NULL, *prefix;
    if (name && name[1] && asprintf(&prefix, ".%s" FOLDER_STAGING, name + 1) >= 0) {
        *name = '\0';
        recovery r = {open_folder(AT_FDCWD, *real ? real : "/", 0), prefix};
        if (r.dir >= 0) {
            (void)each_name(r.dir, delete_staging, &r);
            close(r.dir);
        }
        free(prefix);
    }
    free(real);
}

int folder_recover(const char *path)
{
    recovery r = {open_folder(AT_FDCWD, path, 0), FOLDER_STAGING};
    if (r.dir < 0)
        return errno == ENOENT ? 0 : fail(path);
    const int result = complete(r.dir, path);
    if (!result)
        (void)each_name(r.dir, delete_staging, &r);
    close(r.dir);
    if (!result)
        clean_parent(path);
    return result;
}
