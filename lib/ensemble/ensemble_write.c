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

static int copy_linear(const char *from, const char *to)
{
    const int fd = open(from, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_io("%s: %s", from, strerror(errno));
    const int result = copy_file(&fd, to);
    close(fd);
    return result;
}

/* ---- the folder ---- */

/* A part to be written. */
typedef struct joined {
    const char *from;
    char name[16];
    score_combination *c;
    int i;
} joined;

/* Names the model of part i in the combination, or checks that it is the one that the combination names. */
static int name_part(const joined *j, const char *path)
{
    ensemble_part p;
    char *name = j->c->model[j->i];
    int result = ensemble_part_open(&p, path, NULL);
    if (!result && *name && strcmp(name, ensemble_part_fingerprint(&p)) != 0)
        result =
            err_model("part %d: another model than that of the combination: give the models in the order "
                      "of ecan-average --fit",
                      j->i + 1);
    else if (!result)
        strcpy(name, ensemble_part_fingerprint(&p));
    ensemble_part_close(&p);
    return result;
}

static int write_part(const void *context, const char *path)
{
    const joined *j = context;
    struct stat st;
    if (stat(j->from, &st))
        return err_io("%s: %s", j->from, strerror(errno));
    return (S_ISDIR(st.st_mode) ? copy_model(j->from, path) : copy_linear(j->from, path)) ||
                   name_part(j, path)
               ? -1
               : 0;
}

/* The ensemble can be opened: its labels fit each other. */
static int check_all(const char *combination)
{
    ensemble e;
    char *folder = strndup(combination, (size_t)(strrchr(combination, '/') - combination));
    const int result = !folder ? err_memory("out of memory") : ensemble_open(&e, folder, NULL);
    if (!result)
        ensemble_close(&e);
    free(folder);
    return result;
}

/* It comes last. */
static int write_combination(const void *c, const char *path)
{
    FILE *f = fopen(path, "we");
    if (!f)
        return err_io("%s: cannot write: %s", path, strerror(errno));
    int result = score_combination_write(f, c);
    if (fclose(f) && !result)
        result = err_io("%s: cannot write: %s", path, strerror(errno));
    return result || check_all(path) ? -1 : 0;
}

/* Only what an ensemble has is replaced. */
static int check_old(const char *folder)
{
    const int whole = ensemble_exists(folder), empty = whole ? 0 : folder_is_empty(folder, NULL);
    if (whole < 0 || empty < 0)
        return -1;
    return whole || empty ? 0 : err_set("%s: exists and is not an ensemble: choose another folder", folder);
}

static int write_all(const char *folder, const char *const *paths, score_combination *c)
{
    enum { MOST = SCORE_COMBINATION_SYSTEMS };
    joined of[MOST];
    folder_part parts[MOST + 1];
    const char *all[MOST + 2] = {ENSEMBLE_COMBINATION};
    for (int i = 0; i < MOST; i++) {
        of[i] = (joined){.from = i < c->n ? paths[i] : NULL, .c = c, .i = i};
        snprintf(of[i].name, sizeof of[i].name, "%d", i + 1);
        parts[i] = (folder_part){of[i].name, write_part, &of[i], NULL};
        all[i + 1] = of[i].name;
    }
    parts[c->n] = (folder_part){ENSEMBLE_COMBINATION, write_combination, c, NULL};
    return check_old(folder) || folder_replace(folder, parts, c->n + 1, all) ? -1 : 0;
}

int ensemble_write(const char *folder, const char *const *paths, score_combination *c)
{
    int lock;
    const bool made = mkdir(folder, 0777) == 0;
    int result = folder_lock(folder, &lock);
    if (!result) {
        result = write_all(folder, paths, c);
        folder_unlock(folder, lock);
    }
    if (result && made)
        rmdir(folder);
    return result;
}
