/* SPDX-License-Identifier: Apache-2.0 */
/* One epoch of a run: its batches, and its evaluation on dev. */
#include "base/err.h"
#include "base/progress.h"
#include "base/rng.h"
#include "train/clip.h"
#include "train/evaluate.h"
#include "train/run.h"
#include "train/schedule.h"
#include "train/slices.h"
#include "train/weight_average.h"

#include <inttypes.h>
#include <math.h>

static const char *const phases[] = {"bce", "focal"};

static float gamma_of(const run *r)
{
    return r->phase == 0 ? 0 : (float)r->t->settings->gamma;
}

/* ---- batches ---- */

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
    const uint64_t bytes = ranks_bytes();
    const train_settings *o = t->settings;
    const size_t B = batch_size(r, r->position);
    for (size_t b = 0; b < B; b++)
        r->batch[b] = &t->train->docs[r->order[r->position + b]];
    const step_options how = {.gamma = gamma_of(r),
                              .dropout = (float)o->dropout,
                              .word_dropout = (float)o->word_dropout,
                              .hidden_dropout = (float)o->hidden_dropout,
                              .label_sample = (size_t)o->label_sample,
                              .mark_weight = (float)o->span_weight,
                              .frozen = o->embedding_rate == 0,
                              .seed = (uint64_t)o->seed,
                              .number = r->steps};
    double loss;
    if (step_run(r->step, r->batch, B, &how, &loss))
        return -1;
    if (!isfinite(loss))
        return err_set("epoch %d, step %" PRIu64 ": the loss is not finite: try a smaller learning rate",
                       r->epoch, r->steps + 1);
    if (t->label_sharing) {
        slices_gather_labels(t->p, step_grad(r->step)->data);
        label_sharing_mask(t->label_sharing, step_grad(r->step));
    }
    const adam_rates move = rates(r);
    adam_step(&r->adam, t->p, step_grad(r->step), step_in_batch(r->step), &move, t->threads);
    slices_gather(t->p, t->p->data, false);
    if (t->label_sharing)
        label_sharing_step(t->label_sharing, t->p, step_grad(r->step), &move, r->adam.t, t->threads);
    update_average(r);
    r->loss_sum += loss * (double)B;
    r->position += B;
    r->steps++;
    r->bytes += ranks_bytes() - bytes;
    r->counted_steps++;
    return 0;
}

/* The mean over the ranks. */
static double bytes_per_step(const run *r)
{
    uint64_t bytes[RANKS_MOST] = {0};
    double sum = 0;
    bytes[ranks_index()] = r->bytes;
    ranks_share(bytes, sizeof *bytes);
    for (size_t i = 0; i < ranks_count(); i++)
        sum += (double)bytes[i];
    return r->counted_steps > 0 ? sum / (double)(ranks_count() * r->counted_steps) : 0;
}

static uint64_t words_done(const run *r)
{
    uint64_t words = 0;
    for (size_t i = 0; i < r->position; i++)
        words += r->t->train->docs[r->order[i]].T;
    return words;
}

bool run_asked_to_stop(const run *r)
{
    const trainer_hooks *h = r->t->hooks;
    return h->stop && h->stop(h->context);
}

/* Each rank may be asked to stop. Rank 0 decides when a checkpoint is due. */
void run_share_decisions(bool *stop, bool *save)
{
    bool stops[RANKS_MOST] = {false};
    bool saves[RANKS_MOST] = {false};
    stops[ranks_index()] = *stop;
    saves[ranks_index()] = *save;
    ranks_share(stops, sizeof *stops);
    ranks_share(saves, sizeof *saves);
    *save = saves[0];
    for (size_t i = 0; i < ranks_count(); i++)
        *stop |= stops[i];
}

int run_train_epoch(run *r)
{
    trainer *t = r->t;
    const trainer_hooks *h = t->hooks;
    shuffle(r);
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
        bool stop = run_asked_to_stop(r),
             save = now - r->last_checkpoint > t->settings->checkpoint_minutes * 60;
        run_share_decisions(&stop, &save);
        if ((stop || save) && run_save(r))
            return -1;
        if (stop)
            return 0;
    }
    return 1;
}

/* ---- after the last batch ---- */

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

int run_close_epoch(run *r)
{
    trainer *t = r->t;
    const double start = progress_now();
    evaluation e;
    slices_gather(t->p, run_weights(r)->data, true);
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
                            .bytes_per_step = bytes_per_step(r),
                            .best = is_best(r, &e)};
    json_t *line = history_line(&report);
    ecan_json_append(r->history, json_incref(line));
    int result = 0;
    if (report.best) {
        json_decref(r->best_epoch);
        r->best_epoch = json_incref(line);
        r->stalls = 0;
        result = run_write_best(r);
    } else {
        r->stalls++;
        result = run_write_history(r);
    }
    json_decref(line);
    if (!result && t->hooks->epoch)
        t->hooks->epoch(t->hooks->context, &report);
    return result;
}
