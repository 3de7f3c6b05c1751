/* SPDX-License-Identifier: Apache-2.0 */
#include "ensemble/ensemble.h"

#include "base/err.h"
#include "io/folder.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- copies; folder_replace() syncs them ---- */

static int copy_all(int to, int from, off_t size)
{
    off_t at = 0;
    while (at < size) {
        const ssize_t n = sendfile(to, from, &at, (size_t)(size - at));
        if (n < 0 && errno != EINTR)
            return err_io("cannot write: %s", strerror(errno));
        if (n == 0)
            return err_io("ends early: it was changed while it was read");
    }
    return 0;
}

/* A folder_part's write: copies the open file *context. */
static int copy_file(const void *context, const char *path)
{
    const int from = *(const int *)context;
    struct stat st;
    if (fstat(from, &st))
        return err_io("%s: %s", path, strerror(errno));
    const int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st.st_mode & 0777);
    if (to < 0)
        return err_io("%s: cannot write: %s", path, strerror(errno));
    int result = copy_all(to, from, st.st_size);
    if (close(to) && !result)
        result = err_io("cannot write: %s", strerror(errno));
    return result ? err_prefix("%s: ", path) : 0;
}

static int copy_model(const char *from, const char *to)
{
    folder_files f;
    folder_part parts[FOLDER_FILES];
    int n_files = 0, n = 0;
    while (model_files[n_files])
        n_files++;
    if (folder_open(&f, from, model_files, n_files))
        return -1;
    for (int i = 0; i < n_files; i++)
        if (f.fd[i] >= 0)
            parts[n++] = (folder_part){model_files[i], copy_file, &f.fd[i], NULL};
    const int result = folder_replace(to, parts, n, model_files);
    folder_close(&f);
    return result;
}

static int copy_linear(const char *from, const char *folder, const char *name)
{
    const int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_io("%s: %s", from, strerror(errno));
    const folder_part part = {name, copy_file, &fd, NULL};
    const int result = folder_replace(folder, &part, 1, NULL);
    close(fd);
    return result;
}

static int copy_part(const char *from, const char *folder, int i)
{
    struct stat st;
    if (stat(from, &st))
        return err_io("%s: %s", from, strerror(errno));
    char *to = ensemble_part_path(folder, i);
    if (!to)
        return -1;
    const int result =
        S_ISDIR(st.st_mode) ? copy_model(from, to) : copy_linear(from, folder, strrchr(to, '/') + 1);
    free(to);
    return result;
}

/* ---- the folder ---- */

/* A model folder, or a file. */
static int remove_part(const char *folder, int i)
{
    struct stat st;
    char *path = ensemble_part_path(folder, i);
    int result = path ? 0 : -1;
    if (!result && lstat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            result = folder_recover(path) || folder_remove(path, model_files) ? -1 : 0;
        else if (unlink(path))
            result = err_io("%s: %s", path, strerror(errno));
    }
    free(path);
    return result;
}

/* In a folder that is being written, so that what a killed writer left is known to be an ensemble's. */
#define INCOMPLETE ".incomplete"

static int remove_file(const char *folder, const char *name)
{
    char *path = file_join(folder, name);
    int result = path ? 0 : -1;
    if (!result && unlink(path) && errno != ENOENT)
        result = err_io("%s: %s", path, strerror(errno));
    free(path);
    return result;
}

static int mark_incomplete(const char *folder)
{
    char *path = file_join(folder, INCOMPLETE);
    const int fd = path ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    const int result = path && fd < 0 ? err_io("%s: %s", path, strerror(errno)) : fd < 0 ? -1 : 0;
    if (fd >= 0)
        close(fd);
    free(path);
    return result;
}

/* Only what an ensemble has is deleted. */
static int remove_old(const char *folder)
{
    const int incomplete = file_exists_in(folder, INCOMPLETE),
              whole = incomplete ? 0 : ensemble_exists(folder),
              empty = incomplete || whole ? 0 : folder_is_empty(folder, NULL);
    if (incomplete < 0 || whole < 0 || empty < 0)
        return -1;
    if (!incomplete && !whole && !empty)
        return err_set("%s: exists and is not an ensemble: choose another folder", folder);
    int result = mark_incomplete(folder) || remove_file(folder, ENSEMBLE_COMBINATION) ? -1 : 0;
    for (int i = 0; !result && i < SCORE_COMBINATION_SYSTEMS; i++)
        result = remove_part(folder, i);
    return result;
}

/* Names the model of part i in the combination, or checks that it is the one that the combination names. */
static int name_part(score_combination *c, const char *folder, int i)
{
    ensemble_part p;
    char *path = ensemble_part_path(folder, i);
    int result = path ? ensemble_part_open(&p, path, NULL) : -1;
    if (!result && c->model[i][0] && strcmp(c->model[i], ensemble_part_fingerprint(&p)) != 0)
        result =
            err_model("part %d: another model than that of the combination: give the models in the order "
                      "of ecan-average --fit",
                      i + 1);
    else if (!result)
        strcpy(c->model[i], ensemble_part_fingerprint(&p));
    if (path)
        ensemble_part_close(&p);
    free(path);
    return result;
}

static int write_combination(const void *c, const char *path)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return err_io("%s: cannot write: %s", path, strerror(errno));
    int result = score_combination_write(f, c);
    if (fclose(f) && !result)
        result = err_io("%s: cannot write: %s", path, strerror(errno));
    return result;
}

/* The ensemble can be opened: its labels fit each other. */
static int check_all(const char *folder)
{
    ensemble e;
    if (ensemble_open(&e, folder, NULL)) {
        char *why = strdup(err_message());
        (void)remove_file(folder, ENSEMBLE_COMBINATION);
        err_set("%s", why ? why : "out of memory");
        free(why);
        return -1;
    }
    ensemble_close(&e);
    return 0;
}

static int write_all(const char *folder, const char *const *paths, score_combination *c)
{
    if (remove_old(folder))
        return -1;
    for (int i = 0; i < c->n; i++)
        if (copy_part(paths[i], folder, i) || name_part(c, folder, i))
            return -1;
    const folder_part last = {ENSEMBLE_COMBINATION, write_combination, c, NULL};
    return folder_replace(folder, &last, 1, NULL) || check_all(folder) ? -1 : remove_file(folder, INCOMPLETE);
}

int ensemble_write(const char *folder, const char *const *paths, score_combination *c)
{
    int lock;
    if (folder_lock(folder, &lock))
        return -1;
    const int result = write_all(folder, paths, c);
    folder_unlock(folder, lock);
    return result;
}
