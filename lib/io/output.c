/* SPDX-License-Identifier: Apache-2.0 */
#include "io/output.h"

#include "base/err.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Identifies a regular file by device number and inode, whatever its names. 0 and 0: no file. */
typedef struct identity {
    dev_t device;
    ino_t inode;
} identity;

struct output_file {
    int fd;
    const char *name;
    FILE *file;
    identity is;       /* the file that it replaces, or writes to directly */
    char *target;      /* the file to appear, NULL: written directly */
    char *folder;      /* of target */
    char *temporary;   /* its name until then; NULL: it has none yet */
    output_file *next; /* of all that are open */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of the two lists */
static output_file *outputs;
static identity *inputs;
static size_t n_inputs, room;
static bool recording; /* set before there are threads */

static identity identity_of(const struct stat *st)
{
    return S_ISREG(st->st_mode) ? (identity){st->st_dev, st->st_ino} : (identity){0};
}

static bool same(identity a, identity b)
{
    return a.device == b.device && a.inode == b.inode && (a.inode != 0 || a.device != 0);
}

static bool is_input(identity id)
{
    for (size_t i = 0; i < n_inputs; i++)
        if (same(inputs[i], id))
            return true;
    return false;
}

static int system_error(const char *name)
{
    return err_io("%s: cannot write: %s", name, err_reason(errno));
}

/* ---- inputs ---- */

void input_record(bool on)
{
    recording = on;
    n_inputs = on ? n_inputs : 0;
}

static int add_input(const struct stat *st, const char *name)
{
    if (!recording)
        return 0;
    const identity id = identity_of(st);
    int result = 0;
    pthread_mutex_lock(&mutex);
    for (const output_file *out = outputs; result == 0 && out; out = out->next)
        if (same(out->is, id))
            result = err_set("%s: the output is also an input", name);
    if (result == 0 && id.inode != 0 && !is_input(id)) {
        result = mem_grow(&inputs, &room, n_inputs + 1, sizeof *inputs);
        if (result == 0)
            inputs[n_inputs++] = id;
    }
    pthread_mutex_unlock(&mutex);
    return result;
}

bool output_has(const struct stat *file)
{
    const identity id = identity_of(file);
    bool found = false;
    pthread_mutex_lock(&mutex);
    for (const output_file *out = outputs; out; out = out->next)
        found = found || same(out->is, id);
    pthread_mutex_unlock(&mutex);
    return found;
}

int input_opened(int fd, const char *name)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? add_input(&st, name) : 0;
}

int input_named(const char *const *paths, int n)
{
    for (int i = 0; i < n; i++) {
        struct stat st;
        const bool standard = strcmp(paths[i], "-") == 0;
        if ((standard ? fstat(STDIN_FILENO, &st) : stat(paths[i], &st)) == 0 &&
            add_input(&st, standard ? "standard input" : paths[i]) < 0)
            return -1;
    }
    return 0;
}

int input_folder(const char *path)
{
    DIR *folder = opendir(path);
    int result = 0;
    for (struct dirent *e; folder && result == 0 && (e = readdir(folder));) {
        struct stat st;
        if (fstatat(dirfd(folder), e->d_name, &st, 0) == 0)
            result = add_input(&st, path);
    }
    if (folder)
        closedir(folder);
    return result;
}

/* ---- the target of an output ---- */

/* The file at path, after following symbolic links. It need not exist. Owned by the caller (free). */
static char *follow_links(const char *path)
{
    char *at = strdup(path);
    for (int links = 0; at && links < 40; links++) {
        char to[PATH_MAX], *next = NULL;
        const ssize_t n = readlink(at, to, sizeof to - 1);
        if (n < 0)
            return at;
        to[n] = '\0';
        const char *slash = to[0] == '/' ? NULL : strrchr(at, '/');
        const int made = asprintf(&next, "%.*s%s", slash ? (int)(slash + 1 - at) : 0, at, to);
        free(at);
        at = made < 0 ? NULL : next;
    }
    if (at)
        err_set("%s: too many symbolic links", path);
    else
        err_set("out of memory");
    free(at);
    return NULL;
}

/* The folder of a file. Owned by the caller (free). */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash - path + (slash == path)) : strdup(".");
    if (!folder)
        err_set("out of memory");
    return folder;
}

/* /dev/fd/3 is the file of that descriptor: it is written directly, not replaced. */
static bool is_descriptor(const char *path)
{
    char *folder = folder_of(path), *real = folder ? realpath(folder, NULL) : NULL;
    const bool is = real && strncmp(real, "/proc/", 6) == 0;
    free(folder);
    free(real);
    return is;
}

/* 0, or -1 with the message set: it is an input, or another output. */
static int check_others(const output_file *out)
{
    int result = is_input(out->is) ? err_set("%s: the output is also an input", out->name) : 0;
    for (const output_file *other = outputs; result == 0 && other; other = other->next)
        if ((out->target && other->target && strcmp(out->target, other->target) == 0) ||
            (out->target && same(out->is, other->is)))
            result = err_set("%s: two outputs go to the same file", out->name);
    return result;
}

static mode_t current_umask(void)
{
    const mode_t mask = umask(077);
    umask(mask);
    return mask;
}

/* before: the file that is replaced; NULL: none. */
static int set_mode(const output_file *out, const struct stat *before, output_content content)
{
    mode_t mode = content == OUTPUT_NOTES ? 0600 : 0666 & ~current_umask();
    if (before) {
        mode = before->st_mode & 0777;
        if (fchown(out->fd, before->st_uid, before->st_gid) < 0 && (before->st_uid != geteuid()))
            mode &= 0700; /* the owner cannot be kept: the mode then gives nobody new access */
    }
    return fchmod(out->fd, mode);
}

/* A file without a name disappears however the program ends. File systems without such files need a temporary
 * name. */
static int open_temporary(output_file *out)
{
    if (access("/proc/self/fd", X_OK) == 0)
        out->fd = open(out->folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (out->fd >= 0)
        return 0;
    if (asprintf(&out->temporary, "%s/.ecan-XXXXXX", out->folder) < 0) {
        out->temporary = NULL;
        return err_set("out of memory");
    }
    out->fd = mkostemp(out->temporary, O_CLOEXEC);
    if (out->fd >= 0)
        return 0;
    free(out->temporary);
    out->temporary = NULL;
    return system_error(out->name);
}

static int open_standard(output_file *out)
{
    struct stat st;
    out->name = "standard output";
    /* A copy of the descriptor, so that its close can be checked. */
    out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (out->fd < 0 || fstat(out->fd, &st) < 0)
        return system_error(out->name);
    out->is = identity_of(&st);
    return check_others(out);
}

static int open_direct(output_file *out)
{
    if (check_others(out) < 0)
        return -1;
    out->fd = open(out->name, O_WRONLY | O_TRUNC | O_CLOEXEC);
    return out->fd < 0 ? system_error(out->name) : 0;
}

/* Sets folder and target, which are paths without symbolic links. */
static int find_place(output_file *out)
{
    char *file = follow_links(out->name), *folder = file ? folder_of(file) : NULL;
    const char *slash = file ? strrchr(file, '/') : NULL;
    int result = folder ? 0 : -1;
    if (result == 0 && !(out->folder = realpath(folder, NULL)))
        result = system_error(out->name);
    if (result == 0 && asprintf(&out->target, "%s/%s", out->folder, slash ? slash + 1 : file) < 0) {
        out->target = NULL;
        result = err_set("out of memory");
    }
    free(file);
    free(folder);
    return result;
}

/* st: the existing file of that name; NULL: none. */
static int open_new(output_file *out, const struct stat *st, output_content content)
{
    if (find_place(out) < 0)
        return -1;
    if (st)
        out->is = identity_of(st);
    if (check_others(out) < 0)
        return -1;
    if (st && access(out->target, W_OK) < 0)
        return system_error(out->name);
    if (open_temporary(out) < 0)
        return -1;
    return set_mode(out, st, content) < 0 ? system_error(out->name) : 0;
}

static int open_output(output_file *out, output_content content)
{
    struct stat st, standard;
    if (!out->name || strcmp(out->name, "-") == 0)
        return open_standard(out);
    const bool exists = stat(out->name, &st) == 0;
    if (exists && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return system_error(out->name);
    }
    if (exists && fstat(STDOUT_FILENO, &standard) == 0 && same(identity_of(&st), identity_of(&standard)))
        return open_standard(out); /* /dev/stdout, and the name of its file */
    if (exists && (!S_ISREG(st.st_mode) || is_descriptor(out->name))) {
        out->is = identity_of(&st);
        return open_direct(out);
    }
    return open_new(out, exists ? &st : NULL, content);
}

/* ---- opening and closing ---- */

static void release(output_file *out)
{
    pthread_mutex_lock(&mutex);
    for (output_file **at = &outputs; *at; at = &(*at)->next)
        if (*at == out) {
            *at = out->next;
            break;
        }
    pthread_mutex_unlock(&mutex);
    free(out->target);
    free(out->folder);
    free(out->temporary);
    mem_free(out);
}

output_file *output_open(const char *path, output_content content)
{
    output_file *out = mem_array(1, sizeof *out);
    if (!out)
        return NULL;
    *out = (output_file){.fd = -1, .name = path};
    pthread_mutex_lock(&mutex);
    const int result = open_output(out, content);
    if (result == 0) {
        out->next = outputs;
        outputs = out;
    }
    pthread_mutex_unlock(&mutex);
    if (result == 0)
        return out;
    output_discard(out);
    return NULL;
}

int output_check(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return 0;
    pthread_mutex_lock(&mutex);
    const bool input = is_input(identity_of(&st));
    pthread_mutex_unlock(&mutex);
    return input ? err_set("%s: the output is also an input", path) : 0;
}

int output_fd(const output_file *out)
{
    return out->fd;
}

const char *output_name(const output_file *out)
{
    return out->name;
}

bool output_is_direct(const output_file *out)
{
    return !out->target;
}

FILE *output_stdio(output_file *out)
{
    if (!out->file) {
        const int fd = fcntl(out->fd, F_DUPFD_CLOEXEC, 3);
        out->file = fd < 0 ? NULL : fdopen(fd, "w");
        if (!out->file) {
            system_error(out->name);
            if (fd >= 0)
                close(fd);
        }
    }
    return out->file;
}

static int close_file(output_file *out)
{
    if (!out->file)
        return 0;
    FILE *f = out->file;
    out->file = NULL;
    const bool failed = ferror(f) != 0;
    errno = 0;
    if (fclose(f) != 0 || failed)
        return errno ? system_error(out->name) : err_set("%s: cannot write", out->name);
    return 0;
}

/* Links a file without a name into its folder, under a temporary name. */
static int name_temporary(output_file *out)
{
    char by_descriptor[32];
    snprintf(by_descriptor, sizeof by_descriptor, "/proc/self/fd/%d", out->fd);
    for (int tries = 0; tries < 100; tries++) {
        unsigned long long random;
        if (getrandom(&random, sizeof random, 0) != sizeof random)
            break;
        if (asprintf(&out->temporary, "%s/.ecan-%016llx", out->folder, random) < 0) {
            out->temporary = NULL;
            return err_set("out of memory");
        }
        if (linkat(AT_FDCWD, by_descriptor, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW) == 0)
            return 0;
        free(out->temporary);
        out->temporary = NULL;
        if (errno != EEXIST)
            break;
    }
    return system_error(out->name);
}

/* Pipes and some file systems cannot be synced. */
static int sync_fd(int fd, const char *name)
{
    return fsync(fd) && errno != EINVAL && errno != ENOTSUP ? system_error(name) : 0;
}

/* A folder that cannot be read is not synced. */
static int sync_folder(const output_file *out)
{
    const int fd = open(out->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int result = fd < 0 ? 0 : sync_fd(fd, out->name);
    if (fd >= 0)
        close(fd);
    return result;
}

int output_commit(output_file *out)
{
    int result = close_file(out);
    if (result == 0 && out->target)
        result = sync_fd(out->fd, out->name);
    if (result == 0 && out->target && !out->temporary)
        result = name_temporary(out);
    if (result == 0) {
        result = close(out->fd) < 0 ? system_error(out->name) : 0;
        out->fd = -1;
    }
    if (result == 0 && out->temporary) {
        result = rename(out->temporary, out->target) < 0 ? system_error(out->name) : 0;
        if (result == 0) {
            free(out->temporary);
            out->temporary = NULL;
            result = sync_folder(out);
        }
    }
    output_discard(out);
    return result;
}

void output_discard(output_file *out)
{
    if (!out)
        return;
    if (out->file)
        fclose(out->file);
    if (out->fd >= 0)
        close(out->fd);
    if (out->temporary)
        unlink(out->temporary);
    release(out);
}

void output_discard_all(void)
{
    while (outputs)
        output_discard(outputs);
}
