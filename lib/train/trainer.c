/* SPDX-License-Identifier: Apache-2.0 */
/* The phases and epochs of a run. run_epoch.c trains an epoch. */
#include "train/trainer.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/progress.h"
#include "io/folder.h"
#include "model/model.h"
#include "train/checkpoint.h"
#include "train/ranks.h"
#include "train/run.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- phases ---- */

/* If the focal phase starts after N epochs, the first phase has N epochs, and patience does not end it. */
static bool phase_over(const run *r)
{
    const train_settings *s = r->t->settings;
    if (r->phase == 0 && s->focal && s->focal_from != FOCAL_FROM_BEST)
        return r->phase_epoch > s->focal_from;
    return r->stalls >= s->patience || r->phase_epoch > s->epochs;
}

static bool last_phase(const run *r)
{
    return r->phase == 1 || !r->t->settings->focal;
}

static void begin_epoch(run *r)
{
    r->epoch++;
    r->phase_epoch++;
    r->position = 0;
    r->loss_sum = r->norm_sum = r->train_seconds = r->seconds = 0;
}

/* w := p (weight_average.h). */
static void start_average(run *r)
{
    if (r->weight_average.data)
        memcpy(r->weight_average.data, r->t->p->data, r->weight_average.size * sizeof(float));
}

/* Then the next epoch is the best. */
static void forget_best(run *r)
{
    r->best = -INFINITY;
    json_decref(r->best_epoch);
    r->best_epoch = NULL;
}

/* Starts the focal phase after the first phase, from the best weights or from the current ones. The moments
 * of Adam start at 0. The gradients of the focal loss are several times smaller than those before, so with
 * the old second moments the first steps would be too short. 0 or -1. */
static int change_phase(run *r)
{
    const train_settings *s = r->t->settings;
    if (!phase_over(r) || last_phase(r))
        return 0;
    r->phase = 1;
    r->phase_epoch = 1;
    r->position = 0;
    r->stalls = 0;
    adam_reset(&r->adam, r->t->p);
    if (r->t->label_sharing)
        label_sharing_reset(r->t->label_sharing);
    if (s->focal_from == FOCAL_FROM_BEST && run_read_best(r))
        return -1;
    start_average(r);
    if (s->keep == KEEP_FOCAL)
        forget_best(r);
    return 0;
}

/* Whether the epochs of the setting stop_after are done. Then a checkpoint exists. */
static bool stop_after_reached(const run *r)
{
    const int64_t epochs = r->t->settings->stop_after;
    return epochs > 0 && r->epoch > epochs;
}

static int train_all(run *r)
{
    if (change_phase(r)) /* no first phase, or resumed with fewer epochs than are done */
        return -1;
    while (!phase_over(r) && !stop_after_reached(r)) {
        const int done = run_train_epoch(r);
        if (done <= 0)
            return done;
        if (run_close_epoch(r))
            return -1;
        begin_epoch(r);
        if (change_phase(r) || run_save(r))
            return -1;
        bool stop = run_asked_to_stop(r), save = false;
        run_share_decisions(&stop, &save);
        if (!phase_over(r) && !stop_after_reached(r) && stop)
            return 0;
    }
    return 1;
}

/* ---- the folder, before the training ---- */

static int check_folder(const char *folder, bool resume, bool force)
{
    struct stat st;
    if (stat(folder, &st))
        return errno == ENOENT ? 0 : err_io("%s: %s", folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set("%s: expected a folder, found a file", folder);
    if (access(folder, R_OK | W_OK | X_OK))
        return err_io("%s: %s", folder, strerror(errno));
    const int empty = folder_is_empty(folder, NULL), exists = empty ? empty : model_exists(folder);
    if (exists < 0 || empty > 0)
        return empty > 0 ? 0 : -1;
    if (!exists && !checkpoint_exists(folder))
        return err_set("%s: neither empty nor a model folder: use another one", folder);
    if (!resume && !force)
        return err_set("%s: there is a model already: use --resume to continue its training, --force to "
                       "replace it, or another folder",
                       folder);
    return checkpoint_inspect(folder);
}

static bool unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* If another process replaces the folder during a check, the old folder is being deleted: the check may fail,
 * or find it empty. Then the new folder is checked. */
int trainer_check_folder(const char *folder, bool resume, bool force)
{
    enum { TRIES = 100 };
    struct stat before, after;
    for (int try = 1;; try++) {
        const bool there = stat(folder, &before) == 0;
        const int result = check_folder(folder, resume, force);
        if (try == TRIES || !there || stat(folder, &after) || unchanged(&before, &after))
            return result;
    }
}

/* Checks before training that results can be written. */
static int open_folder(const trainer *t, int *lock)
{
    if (trainer_check_folder(t->folder, t->resume, t->force) || folder_lock(t->folder, lock))
        return -1;
    if (!trainer_check_folder(t->folder, t->resume, t->force) && !checkpoint_recover(t->folder))
        return 0;
    folder_unlock(t->folder, *lock);
    return -1;
}

static int init_average(run *r)
{
    const params *p = r->t->p;
    if (r->t->settings->weight_average == 0)
        return 0;
    if (params_init(&r->weight_average, &p->c, p->words, p->labels))
        return -1;
    start_average(r);
    return 0;
}

/* Labels are sampled by their frequency in the training set; one without encounters as if it had half of one.
 */
static int set_label_rates(run *r)
{
    const size_t L = r->t->p->labels;
    float *rates = mem_array(L, sizeof *rates);
    if (!rates)
        return -1;
    dataset_counts(r->t->train, rates, L);
    for (size_t l = 0; l < L; l++)
        rates[l] += 0.5f;
    step_label_rates(r->step, rates);
    mem_free(rates);
    return 0;
}

/* Loads the checkpoint that is continued, or deletes an old one. 0 or -1. */
static int begin(run *r)
{
    const trainer *t = r->t;
    bool resume = t->resume && ranks_index() == 0 && checkpoint_exists(t->folder);
    ranks_broadcast(&resume, sizeof resume);
    return resume ? run_load(r) : ranks_agree(ranks_index() == 0 ? checkpoint_remove(t->folder) : 0);
}

int trainer_run(trainer *t)
{
    if (t->train->n == 0 || t->dev->n == 0)
        return err_set("no encounters to %s", t->train->n == 0 ? "train on" : "evaluate with");
    int lock;
    const bool first = ranks_index() == 0;
    json_t *identity = run_identity(t);
    if (ranks_agree(identity ? 0 : -1) || run_check_ranks(identity) ||
        ranks_agree(first ? open_folder(t, &lock) : 0)) {
        json_decref(identity);
        return -1;
    }
    run r = {.t = t,
             .epoch = 1,
             .phase_epoch = 1,
             .best = -INFINITY,
             .history = ecan_json_complete(json_array()),
             .identity = identity,
             .last_checkpoint = progress_now(),
             .step = step_new(t->p, t->threads, STEP_AUTO),
             .order = mem_array(t->train->n, sizeof *r.order),
             .batch = mem_array(t->settings->batch_size, sizeof *r.batch)};
    const bool room =
        r.history && r.step && r.order && r.batch && !adam_init(&r.adam, t->p) && !init_average(&r);
    int result = ranks_agree(room && !set_label_rates(&r) ? 0 : -1) || begin(&r) ? -1 : train_all(&r);
    step_free(r.step);
    adam_free(&r.adam);
    params_free(&r.weight_average);
    mem_free(r.order);
    mem_free(r.batch);
    json_decref(r.identity);
    json_decref(r.best_epoch);
    json_decref(r.history);
    json_decref(r.best_model);
    if (first)
        folder_unlock(t->folder, lock);
    return result;
}
