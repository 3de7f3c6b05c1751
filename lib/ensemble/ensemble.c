/* SPDX-License-Identifier: Apache-2.0 */
#include "ensemble/ensemble.h"

#include "base/err.h"
#include "io/file.h"
#include "io/folder.h"
#include "predict/model_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int ensemble_exists(const char *folder)
{
    char *path = folder_find(folder, ENSEMBLE_COMBINATION);
    const int exists = path ? file_exists(path) : -1;
    free(path);
    return exists;
}

/* ---- parts ---- */

/* Owned by the caller (free). NULL: out of memory. */
static char *part_path(const char *folder, int i)
{
    char name[16];
    snprintf(name, sizeof name, "%d", i + 1);
    return folder_find(folder, name);
}

int ensemble_part_open(ensemble_part *p, const char *path, pool *threads)
{
    struct stat st;
    *p = (ensemble_part){0};
    if (stat(path, &st))
        return err_io("%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return (p->linear = linear_open(path)) ? 0 : -1;
    return model_open(&p->model, path, true, threads) ||
                   model_stage_read_terms(&p->model, path, NULL, &p->terms)
               ? -1
               : 0;
}

void ensemble_part_close(ensemble_part *p)
{
    linear_free(p->linear);
    matcher_free(p->terms);
    if (p->model.words)
        model_close(&p->model);
    *p = (ensemble_part){0};
}

const char *ensemble_part_fingerprint(const ensemble_part *p)
{
    return p->linear ? linear_fingerprint(p->linear) : p->model.fingerprint;
}

const labels *ensemble_part_labels(const ensemble_part *p)
{
    return p->linear ? linear_labels(p->linear) : p->model.labels;
}

/* ---- the folder ---- */

static int check_labels(const labels *first, const labels *other)
{
    bool same = labels_count(first) == labels_count(other);
    for (int32_t j = 0; same && j < labels_count(first); j++) {
        const char *code = labels_code(first, j);
        same = labels_index(other, code, strlen(code)) >= 0;
    }
    return same ? 0
                : err_model("expected the %d labels of the first model, got %d with others among them",
                            (int)labels_count(first), (int)labels_count(other));
}

static int check_part(const ensemble *e, int i)
{
    const ensemble_part *p = &e->part[i];
    const char *wanted = e->combination.model[i];
    if (i == 0 && p->linear)
        return err_model("the first part must be a model folder");
    if (*wanted && strcmp(wanted, ensemble_part_fingerprint(p)) != 0)
        return err_model("another model than " ENSEMBLE_COMBINATION
                         " names: a part was changed, or the ensemble was replaced while it was read");
    return check_labels(ensemble_part_labels(&e->part[0]), ensemble_part_labels(p));
}

static int open_parts(ensemble *e, const char *folder, pool *threads)
{
    for (int i = 0; i < e->combination.n; i++) {
        char *path = part_path(folder, i);
        int result = path ? ensemble_part_open(&e->part[i], path, threads) : -1;
        if (!result && (result = check_part(e, i)))
            err_prefix("%s: ", path);
        free(path);
        if (result)
            return -1;
    }
    return 0;
}

static int read_combination(ensemble *e, const char *folder)
{
    char *path = folder_find(folder, ENSEMBLE_COMBINATION);
    const int result = path ? score_combination_read(&e->combination, path) : -1;
    free(path);
    if (result)
        e->combination.n = 0;
    return result;
}

static int open_once(ensemble *e, const char *folder, pool *threads)
{
    *e = (ensemble){0};
    const int is_ensemble = ensemble_exists(folder),
              is_model = is_ensemble ? 0 : file_exists_in(folder, MODEL_CONFIG);
    int result = -1;
    if (is_ensemble > 0) {
        result = read_combination(e, folder) || open_parts(e, folder, threads) ? -1 : 0;
    } else if (is_model > 0) {
        e->single = true;
        e->combination = (score_combination){.by = AVERAGE_MEAN, .n = 1, .weights = {1}};
        result = ensemble_part_open(&e->part[0], folder, threads);
    } else if (!is_ensemble && !is_model) {
        result = err_model("%s is neither a model nor an ensemble: it has no " MODEL_CONFIG
                           " and no " ENSEMBLE_COMBINATION,
                           folder);
    }
    if (result)
        ensemble_close(e);
    return result;
}

/* Of combination.json, which is another file after each replacement; 0 if there is none. */
static struct stat get_state(const char *folder)
{
    struct stat st = {0};
    char *path = folder_find(folder, ENSEMBLE_COMBINATION);
    if (!path || stat(path, &st))
        st = (struct stat){0};
    free(path);
    return st;
}

static bool same_state(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* A combination and the parts that it names are of one generation. If the folder was replaced between the
 * first and the last of them, or is being replaced in place, they are read again. */
int ensemble_open(ensemble *e, const char *folder, pool *threads)
{
    struct stat before = get_state(folder);
    int result = open_once(e, folder, threads);
    for (int try = 0; result && try < 20; try++) {
        const struct stat now = get_state(folder);
        if (same_state(&before, &now) && file_exists_in(folder, FOLDER_PENDING) != 1)
            break;
        before = now;
        result = open_once(e, folder, threads);
    }
    return result;
}

void ensemble_close(ensemble *e)
{
    for (int i = 0; i < e->combination.n; i++)
        ensemble_part_close(&e->part[i]);
    *e = (ensemble){0};
}
