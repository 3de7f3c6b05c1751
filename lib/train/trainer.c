/* SPDX-License-Identifier: Apache-2.0 */
#include "train/trainer.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "io/folder.h"
#include "model/model.h"
#include "train/checkpoint.h"
#include "train/clip.h"
#include "train/evaluate.h"
#include "train/run.h"
#include "train/schedule.h"
#include "train/weight_average.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const phases[] = {"bce", "focal"};

static float gamma_of(const run *r)
{
    return r->phase == 0 ? 0 : (float)r->t->settings->gamma;
}

/* ---- the model folder ---- */

static int write_lines(const void *context, const char *path)
{
    const json_t *lines = context;
    FILE *f = fopen(path, "wb");
    if (!f)
        return err_set("%s: cannot open it for writing", path);
    int failed = 0;
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        failed |= ecan_json_write_line(f, line);
    }
    failed |= fclose(f);
    return failed ? err_set("%s: write error", path) : 0;
}

static folder_part history_part(const run *r)
{
    return (folder_part){"history.jsonl", write_lines, r->history, NULL};
}

static int write_history(const run *r)
{
    const folder_part part = history_part(r);
    return folder_replace(r->t->folder, &part, 1, NULL);
}

/* The contents of config.json. Without times, equal runs give bit-identical files. */
static json_t *about(const run *r)
{
    json_t *a = json_deep_copy(r->t->about), *best = json_deep_copy(r->best_epoch);
    json_object_del(best, "seconds");
    json_object_del(best, "words_per_second");
    json_t *training = json_object_get(a, "training");
    if (!training) {
        training = json_object();
        ecan_json_set(a, "training", training);
    }
    if (r->best_epoch)
        ecan_json_set(training, "best", best);
    return a;
}

static int write_best(run *r)
{
    const trainer *t = r->t;
    params *p = run_weights(r);
    if (t->settings->tune_threshold)
        p->c.threshold = (float)json_number_value(json_object_get(r->best_epoch, "dev_threshold"));
    json_t *a = about(r);
    const folder_part history = history_part(r);
    const model_parts parts = {
        .p = p, .words = t->words, .labels = t->labels, .about = a, .more = &history, .n_more = 1};
    const int result = model_write(t->folder, &parts);
    if (!result) {
        json_decref(r->best_model);
        r->best_model = json_incref(json_object_get(a, "files"));
    }
    json_decref(a);
    p->c.threshold = 0.5f;
    return result;
}

/* The weights of the best epoch are those of the model folder: this run wrote them, or the one it resumes. */
static int read_best(run *r)
{
    model m;
    if (model_open(&m, r->t->folder, r->t->threads))
        return -1;
    const json_t *files = json_object_get(m.config, "files");
    int result = 0;
    if (r->best_model && !json_equal(files, r->best_model))
        result = err_set("%s: the model is not the one that this run wrote: start again with --force",
                         r->t->folder);
    else if (params_load(r->t->p, &m.file))
        result = err_prefix("%s/%s: ", r->t->folder, MODEL_TENSORS);
    model_close(&m);
    return result;
}

/* ---- one epoch ---- */

static void shuffle(run *r)
{
    const int32_t n = (int32_t)r->t->train->n;
    for (int32_t i = 0; i < n; i++)
        r->order[i] = i;
    rng g;
    rng_seed(&g, (uint64_t)r->t->settings->seed, 2, (uint64_t)r->epoch);
    rng_shuffle(&g, r->order, n);
}

static size_t batch_size(const run *r, size_t position)
{
    const size_t left = r->t->train->n - position, most = r->t->settings->batch_size;
    return left < most ? left : most;
}

static schedule schedule_of(const run *r)
{
    const train_settings *o = r->t->settings;
    return (schedule){.warm_up = o->warm_up, .decay = (schedule_decay)o->decay, .epochs = (int)o->epochs};
}

/* The learning rate of the step that begins at document `position` of the epoch. */
static double rate_at(const run *r, size_t position)
{
    const schedule s = schedule_of(r);
    const double n = (double)r->t->train->n, before = r->phase_epoch - 1 + (double)position / n;
    return r->t->settings->learning_rate *
           schedule_factor(&s, before, before + (double)batch_size(r, position) / n);
}

/* The factor on the gradient; 1 without clipping. */
static float clip_gradient(run *r)
{
    const double max_norm = r->t->settings->clip;
    if (max_norm == 0)
        return 1;
    const double norm = clip_norm(step_grad(r->step), step_in_batch(r->step), r->t->threads);
    r->norm_sum += norm;
    return clip_factor(norm, max_norm);
}

static adam_rates rates(run *r)
{
    const train_settings *o = r->t->settings;
    return (adam_rates){.learning_rate = (float)rate_at(r, r->position),
                        .embedding = (float)o->embedding_rate,
                        .weight_decay = (float)o->weight_decay,
                        .gradient = clip_gradient(r)};
}

static void update_average(run *r)
{
    const double decay = r->t->settings->weight_average;
    if (decay > 0)
        weight_average_step(&r->weight_average, r->t->p, r->adam.touched,
                            weight_average_weight(decay, r->adam.t), r->t->threads);
}

/* Computes the gradient of a batch and makes a step of Adam. 0 or -1. */
static int train_batch(run *r)
{
    trainer *t = r->t;
    const train_settings *o = t->settings;
    const size_t B = batch_size(r, r->position);
    for (size_t b = 0; b < B; b++)
        r->batch[b] = &t->train->docs[r->order[r->position + b]];
    const step_options how = {.gamma = gamma_of(r),
                              .dropout = (float)o->dropout,
                              .word_dropout = (float)o->word_dropout,
                              .hidden_dropout = (float)o->hidden_dropout,
                              .frozen = o->embedding_rate == 0,
                              .seed = (uint64_t)o->seed,
                              .number = r->steps};
    double loss;
    if (step_run(r->step, r->batch, B, &how, &loss))
        return -1;
    if (!isfinite(loss))
        return err_set("epoch %d, step %" PRIu64 ": the loss is not finite: try a smaller learning rate",
                       r->epoch, r->steps + 1);
    if (t->label_sharing)
        label_sharing_mask(t->label_sharing, step_grad(r->step));
    const adam_rates move = rates(r);
    adam_step(&r->adam, t->p, step_grad(r->step), step_in_batch(r->step), &move, t->threads);
    if (t->label_sharing)
        label_sharing_step(t->label_sharing, t->p, step_grad(r->step), &move, r->adam.t, t->threads);
    update_average(r);
    r->loss_sum += loss * (double)B;
    r->position += B;
    r->steps++;
    return 0;
}

static uint64_t words_done(const run *r)
{
    uint64_t words = 0;
    for (size_t i = 0; i < r->position; i++)
        words += r->t->train->docs[r->order[i]].T;
    return words;
}

static bool asked_to_stop(const run *r)
{
    const trainer_hooks *h = r->t->hooks;
    return h->stop && h->stop(h->context);
}

/* Trains on the remaining documents of the epoch. 1: done; 0: stopped, a checkpoint is written; -1: error. */
static int train_epoch(run *r)
{
    trainer *t = r->t;
    const trainer_hooks *h = t->hooks;
    uint64_t words = words_done(r);
    while (r->position < t->train->n) {
        const double start = progress_now();
        const size_t from = r->position;
        if (train_batch(r))
            return -1;
        for (size_t i = from; i < r->position; i++)
            words += t->train->docs[r->order[i]].T;
        const double now = progress_now();
        r->train_seconds += now - start;
        r->seconds += now - start;
        if (h->progress)
            h->progress(h->context, words, t->train->words, phases[r->phase], r->epoch,
                        r->loss_sum / (double)r->position);
        const bool stop = asked_to_stop(r);
        if ((stop || now - r->last_checkpoint > t->settings->checkpoint_minutes * 60) && run_save(r))
            return -1;
        if (stop)
            return 0;
    }
    return 1;
}

/* Whether the epoch is better than all previous epochs. With many labels micro-F1 is 0 in the first epochs.
 * As long as it is 0, the loss on dev is the criterion. */
static bool is_best(run *r, const evaluation *e)
{
    const int c = r->t->settings->criterion;
    double value = c == CRITERION_LOSS ? -e->loss : c == CRITERION_MICRO_F1 ? e->micro_f1 : e->best_micro_f1;
    if (c != CRITERION_LOSS && value == 0)
        value = -e->loss;
    if (value <= r->best)
        return false;
    r->best = value;
    return true;
}

/* The first document of the last batch of the epoch. */
static size_t last_batch(const run *r)
{
    const size_t B = r->t->settings->batch_size;
    return (r->t->train->n - 1) / B * B;
}

/* The learning rate of the last step of the epoch; 0 if the rate is constant. */
static double last_rate(const run *r)
{
    const schedule s = schedule_of(r);
    return schedule_is_on(&s) ? rate_at(r, last_batch(r)) : 0;
}

/* The mean norm of the gradient over the steps of the epoch. */
static double mean_norm(const run *r)
{
    return r->norm_sum / (double)(last_batch(r) / r->t->settings->batch_size + 1);
}

static json_t *history_line(const trainer_epoch *e)
{
    json_t *line = json_object();
    ecan_json_set(line, "phase", json_string(e->phase));
    ecan_json_set(line, "epoch", json_integer(e->epoch));
    if (e->learning_rate > 0)
        ecan_json_set(line, "learning_rate", ecan_json_double(e->learning_rate));
    if (e->gradient_norm > 0)
        ecan_json_set(line, "gradient_norm", ecan_json_double(e->gradient_norm));
    ecan_json_set(line, "loss", ecan_json_double(e->loss));
    ecan_json_set(line, "dev_loss", ecan_json_double(e->dev_loss));
    ecan_json_set(line, "dev_micro_f1", ecan_json_double(e->dev_micro_f1));
    ecan_json_set(line, "dev_best_micro_f1", ecan_json_double(e->dev_best_micro_f1));
    ecan_json_set(line, "dev_threshold", ecan_json_double(e->dev_threshold));
    ecan_json_set(line, "words_per_second", ecan_json_double(round(e->words_per_second)));
    ecan_json_set(line, "seconds", ecan_json_double(round(e->seconds * 1000) / 1000));
    return line;
}

/* Evaluates the epoch, and writes the history and, if it is the best, the model. 0 or -1. */
static int close_epoch(run *r)
{
    trainer *t = r->t;
    const double start = progress_now();
    evaluation e;
    if (evaluate(&e, run_weights(r), t->dev, t->threads))
        return err_prefix("epoch %d: ", r->epoch);
    r->seconds += progress_now() - start;

    trainer_epoch report = {.phase = phases[r->phase],
                            .epoch = r->epoch,
                            .learning_rate = last_rate(r),
                            .gradient_norm = mean_norm(r),
                            .loss = r->loss_sum / (double)t->train->n,
                            .dev_loss = e.loss,
                            .dev_micro_f1 = e.micro_f1,
                            .dev_best_micro_f1 = e.best_micro_f1,
                            .dev_threshold = e.threshold,
                            .words_per_second =
                                r->train_seconds > 0 ? (double)t->train->words / r->train_seconds : 0,
                            .seconds = r->seconds,
                            .best = is_best(r, &e)};
    json_t *line = history_line(&report);
    ecan_json_append(r->history, json_incref(line));
    int result = 0;
    if (report.best) {
        json_decref(r->best_epoch);
        r->best_epoch = json_incref(line);
        r->stalls = 0;
        result = write_best(r);
    } else {
        r->stalls++;
        result = write_history(r);
    }
    json_decref(line);
    if (!result && t->hooks->epoch)
        t->hooks->epoch(t->hooks->context, &report);
    return result;
}

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
    if (s->focal_from == FOCAL_FROM_BEST && read_best(r))
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
        shuffle(r);
        const int done = train_epoch(r);
        if (done <= 0)
            return done;
        if (close_epoch(r))
            return -1;
        begin_epoch(r);
        if (change_phase(r) || run_save(r))
            return -1;
        if (!phase_over(r) && !stop_after_reached(r) && asked_to_stop(r))
            return 0;
    }
    return 1;
}

/* ---- the folder, before the training ---- */

int trainer_check_folder(const char *folder, bool resume, bool force)
{
    struct stat st;
    if (stat(folder, &st))
        return errno == ENOENT ? 0 : err_io("%s: %s", folder, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set("%s: expected a folder, found a file", folder);
    if (access(folder, R_OK | W_OK | X_OK))
        return err_io("%s: %s", folder, strerror(errno));
    if (folder_is_empty(folder))
        return 0;
    if (!model_exists(folder) && !checkpoint_exists(folder))
        return err_set("%s: neither empty nor a model folder: use another one", folder);
    if (!resume && !force)
        return err_set("%s: there is a model already: use --resume to continue its training, --force to "
                       "replace it, or another folder",
                       folder);
    return checkpoint_inspect(folder);
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

int trainer_run(trainer *t)
{
    if (t->train->n == 0 || t->dev->n == 0)
        return err_set("no encounters to %s", t->train->n == 0 ? "train on" : "evaluate with");
    int lock;
    if (open_folder(t, &lock))
        return -1;
    run r = {.t = t,
             .epoch = 1,
             .phase_epoch = 1,
             .best = -INFINITY,
             .history = json_array(),
             .identity = run_identity(t),
             .last_checkpoint = progress_now(),
             .step = step_new(t->p, t->threads, STEP_AUTO),
             .order = mem_array(t->train->n, sizeof *r.order),
             .batch = mem_array(t->settings->batch_size, sizeof *r.batch)};
    int result = -1;
    if (r.step && r.order && r.batch && !adam_init(&r.adam, t->p) && !init_average(&r) &&
        (t->resume && checkpoint_exists(t->folder) ? !run_load(&r) : !checkpoint_remove(t->folder)))
        result = train_all(&r);
    step_free(r.step);
    adam_free(&r.adam);
    params_free(&r.weight_average);
    mem_free(r.order);
    mem_free(r.batch);
    json_decref(r.identity);
    json_decref(r.best_epoch);
    json_decref(r.history);
    json_decref(r.best_model);
    folder_unlock(t->folder, lock);
    return result;
}
