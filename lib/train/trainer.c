#include "train/trainer.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/rng.h"
#include "io/file.h"
#include "model/model.h"
#include "train/adam.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/step.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const phases[] = {"bce", "focal"};

/* Where a run stands; all of it is in a checkpoint's state.json. */
typedef struct run {
    trainer *t;
    step *step;
    adam adam;
    int32_t *order; /* [train->n] this epoch's */
    const example **batch;

    int phase;                     /* index in phases */
    int epoch;                     /* the one under way, from 1, through both phases */
    int phase_epoch;               /* the same within its phase */
    size_t position;               /* documents of the epoch that are done */
    uint64_t steps;                /* taken in all: numbers the dropout's draws */
    double loss_sum;               /* of the epoch so far, a document's loss each */
    double train_seconds, seconds; /* of the epoch so far */
    double best;                   /* the criterion's figure, the larger the better; -inf at first */
    int stalls;                    /* epochs since */
    json_t *identity;              /* what a resumed run must share */
    json_t *best_epoch;            /* its history line; NULL at first */
    json_t *history;

    double last_checkpoint;
} run;

static float gamma_of(const run *r)
{
    return r->phase == 0 ? 0 : (float)r->t->options->gamma;
}

/* ---- checkpoint ---- */

/* A hash as a number that JSON holds. */
static json_t *json_hash(uint64_t h)
{
    return json_integer((json_int_t)(h >> 1));
}

/* chain becomes the hash of itself and of the name. */
static void hash_name(uint64_t chain[2], const char *name, size_t n)
{
    uint64_t both[4] = {chain[0], chain[1]};
    hash128(both + 2, name, n);
    hash128(chain, both, sizeof both);
}

static json_t *hash_words(const vocab *words)
{
    uint64_t h[2] = {0};
    for (int32_t i = 0; i < vocab_size(words); i++) {
        size_t n;
        const char *word = vocab_word(words, i, &n);
        hash_name(h, word, n);
    }
    return json_hash(h[0]);
}

static json_t *hash_labels(const labels *l)
{
    uint64_t h[2] = {0};
    for (int32_t i = 0; i < labels_count(l); i++)
        hash_name(h, labels_code(l, i), strlen(labels_code(l, i)));
    return json_hash(h[0]);
}

/* The parameters at the start: what of them is not the seed's are the word vectors. */
static json_t *hash_start(const params *p)
{
    uint64_t h[2];
    hash128(h, p->data, p->size * sizeof *p->data);
    return json_hash(h[0]);
}

/* What a resumed run must share with the one before it: options and data. */
static json_t *identity(const trainer *t)
{
    const trainer_options *o = t->options;
    json_t *id = json_object();
    config_to_json(&t->p->c, id);
    json_object_set_new(id, "learning_rate", json_double(o->learning_rate));
    json_object_set_new(id, "dropout", json_double(o->dropout));
    json_object_set_new(id, "gamma", json_double(o->gamma));
    json_object_set_new(id, "batch_size", json_integer(o->batch_size));
    json_object_set_new(id, "patience", json_integer(o->patience));
    json_object_set_new(id, "focal", json_boolean(o->focal));
    json_object_set_new(id, "criterion", json_integer((json_int_t)o->criterion));
    json_object_set_new(id, "tune_threshold", json_boolean(o->tune_threshold));
    json_object_set_new(id, "seed", json_integer((json_int_t)o->seed));
    json_object_set_new(id, "threads", json_integer(pool_size(t->threads)));
    json_object_set_new(id, "words", hash_words(t->words));
    json_object_set_new(id, "labels", hash_labels(t->labels));
    json_object_set_new(id, "train", json_hash(t->train->hash));
    json_object_set_new(id, "dev", json_hash(t->dev->hash));
    json_object_set_new(id, "vectors", hash_start(t->p));
    return id;
}

static int compare_identity(const run *r, const json_t *state)
{
    const json_t *then = json_object_get(state, "identity");
    const char *key;
    json_t *value;
    json_object_foreach(r->identity, key, value)
    {
        if (!json_equal(value, json_object_get(then, key)))
            return err_set("%s: the checkpoint is of a run with another \"%s\"", r->t->folder, key);
    }
    return 0;
}

static int save_checkpoint(run *r)
{
    json_t *s = json_object();
    json_object_set(s, "identity", r->identity);
    json_object_set_new(s, "t", json_integer((json_int_t)r->adam.t));
    json_object_set_new(s, "phase", json_integer(r->phase));
    json_object_set_new(s, "epoch", json_integer(r->epoch));
    json_object_set_new(s, "phase_epoch", json_integer(r->phase_epoch));
    json_object_set_new(s, "position", json_integer((json_int_t)r->position));
    json_object_set_new(s, "steps", json_integer((json_int_t)r->steps));
    json_object_set_new(s, "loss_sum", json_real(r->loss_sum));
    json_object_set_new(s, "train_seconds", json_real(r->train_seconds));
    json_object_set_new(s, "seconds", json_real(r->seconds));
    json_object_set_new(s, "stalls", json_integer(r->stalls));
    if (r->best_epoch) {
        json_object_set_new(s, "best", json_real(r->best));
        json_object_set(s, "best_epoch", r->best_epoch);
    }
    json_object_set(s, "history", r->history);
    const int result = checkpoint_write(r->t->folder, r->t->p, &r->adam, s);
    json_decref(s);
    r->last_checkpoint = progress_now();
    return result;
}

/* What a checkpoint has under key; *sound becomes false where that is no number. */
static int64_t whole(const json_t *state, const char *key, bool *sound)
{
    const json_t *v = json_object_get(state, key);
    *sound &= json_is_integer(v) && json_integer_value(v) >= 0;
    return json_integer_value(v);
}

static double real(const json_t *state, const char *key, bool *sound)
{
    const json_t *v = json_object_get(state, key);
    *sound &= json_is_number(v);
    return json_number_value(v);
}

static bool take_state(run *r, const json_t *s)
{
    bool sound = true;
    r->phase = whole(s, "phase", &sound) > 0;
    r->epoch = (int)whole(s, "epoch", &sound);
    r->phase_epoch = (int)whole(s, "phase_epoch", &sound);
    r->position = (size_t)whole(s, "position", &sound);
    r->steps = (uint64_t)whole(s, "steps", &sound);
    r->adam.t = (uint64_t)whole(s, "t", &sound);
    r->stalls = (int)whole(s, "stalls", &sound);
    r->loss_sum = real(s, "loss_sum", &sound);
    r->train_seconds = real(s, "train_seconds", &sound);
    r->seconds = real(s, "seconds", &sound);
    r->best_epoch = json_incref(json_object_get(s, "best_epoch"));
    if (r->best_epoch)
        r->best = real(s, "best", &sound);
    json_decref(r->history);
    r->history = json_incref(json_object_get(s, "history"));
    return sound && r->epoch >= 1 && r->phase_epoch >= 1 && r->position <= r->t->train->n &&
           json_is_array(r->history);
}

static int load_checkpoint(run *r)
{
    json_t *s = checkpoint_state(r->t->folder);
    if (!s)
        return -1;
    int result = compare_identity(r, s);
    if (!result && !take_state(r, s))
        result = err_set("%s: the checkpoint's state.json is damaged", r->t->folder);
    if (!result)
        result = checkpoint_read(r->t->folder, r->t->p, &r->adam);
    json_decref(s);
    return result;
}

/* ---- the model folder ---- */

static int write_lines(const void *context, const char *path)
{
    const json_t *lines = context;
    FILE *f = fopen(path, "wb");
    if (!f)
        return err_set("%s: cannot be written", path);
    int failed = 0;
    size_t i;
    json_t *line;
    json_array_foreach(lines, i, line)
    {
        failed |= json_write_line(f, line);
    }
    failed |= fclose(f);
    return failed ? err_set("%s: writing failed", path) : 0;
}

static int write_history(const run *r)
{
    return file_replace(r->t->folder, "history.jsonl", write_lines, r->history);
}

/* config.json without clock times: the same run, the same bytes. */
static json_t *about(const run *r)
{
    json_t *a = json_deep_copy(r->t->about), *best = json_deep_copy(r->best_epoch);
    json_object_del(best, "seconds");
    json_object_del(best, "words_per_second");
    json_t *training = json_object_get(a, "training");
    if (!training) {
        training = json_object();
        json_object_set_new(a, "training", training);
    }
    json_object_set_new(training, "best", best);
    return a;
}

static int write_best(run *r)
{
    trainer *t = r->t;
    if (t->options->tune_threshold)
        t->p->c.threshold = (float)json_number_value(json_object_get(r->best_epoch, "dev_threshold"));
    json_t *a = about(r);
    const int result = model_write(t->folder, t->p, t->words, t->labels, a);
    json_decref(a);
    t->p->c.threshold = 0.5f;
    return result;
}

static int read_best(run *r)
{
    safetensors file;
    char *path = file_join(r->t->folder, MODEL_TENSORS);
    int result = path ? safetensors_open(&file, path) : -1;
    if (!result) {
        result = params_load(r->t->p, &file);
        safetensors_close(&file);
    }
    free(path);
    return result;
}

/* ---- one epoch ---- */

static void shuffle(run *r)
{
    const int32_t n = (int32_t)r->t->train->n;
    for (int32_t i = 0; i < n; i++)
        r->order[i] = i;
    rng g;
    rng_seed(&g, r->t->options->seed, 2, (uint64_t)r->epoch);
    rng_shuffle(&g, r->order, n);
}

/* One batch and one step of Adam. 0 or -1. */
static int take_step(run *r)
{
    trainer *t = r->t;
    const trainer_options *o = t->options;
    const size_t left = t->train->n - r->position;
    const int B = left < (size_t)o->batch_size ? (int)left : o->batch_size;
    for (int b = 0; b < B; b++)
        r->batch[b] = &t->train->docs[r->order[r->position + (size_t)b]];
    const step_options how = {
        .gamma = gamma_of(r), .dropout = (float)o->dropout, .seed = o->seed, .number = r->steps};
    double loss;
    if (step_run(r->step, r->batch, B, &how, &loss))
        return -1;
    if (!isfinite(loss))
        return err_set("epoch %d, step %" PRIu64
                       ": the loss is not a number; a smaller learning rate may help",
                       r->epoch, r->steps + 1);
    adam_step(&r->adam, t->p, step_grad(r->step), step_in_batch(r->step), (float)o->learning_rate,
              t->threads);
    r->loss_sum += loss * B;
    r->position += (size_t)B;
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

/* The rest of the epoch's documents: 1; 0 when asked to stop (a checkpoint is written); -1. */
static int train_epoch(run *r)
{
    trainer *t = r->t;
    const trainer_hooks *h = t->hooks;
    uint64_t words = words_done(r);
    while (r->position < t->train->n) {
        const double start = progress_now();
        const size_t from = r->position;
        if (take_step(r))
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
        if ((stop || now - r->last_checkpoint > t->options->checkpoint_seconds) && save_checkpoint(r))
            return -1;
        if (stop)
            return 0;
    }
    return 1;
}

/* Whether this is better than all before. Micro-F1 is 0 for the first epochs where labels are many: as long
 * as it is, the dev loss decides. */
static bool is_best(run *r, const evaluation *e)
{
    const trainer_criterion c = r->t->options->criterion;
    double figure = c == CRITERION_LOSS ? -e->loss : c == CRITERION_MICRO_F1 ? e->micro_f1 : e->best_micro_f1;
    if (c != CRITERION_LOSS && figure == 0)
        figure = -e->loss;
    if (figure <= r->best)
        return false;
    r->best = figure;
    return true;
}

static json_t *history_line(const trainer_epoch *e)
{
    json_t *line = json_object();
    json_object_set_new(line, "phase", json_string(e->phase));
    json_object_set_new(line, "epoch", json_integer(e->epoch));
    json_object_set_new(line, "loss", json_double(e->loss));
    json_object_set_new(line, "dev_loss", json_double(e->dev_loss));
    json_object_set_new(line, "dev_micro_f1", json_double(e->dev_micro_f1));
    json_object_set_new(line, "dev_best_micro_f1", json_double(e->dev_best_micro_f1));
    json_object_set_new(line, "dev_threshold", json_double(e->dev_threshold));
    json_object_set_new(line, "words_per_second", json_double(round(e->words_per_second)));
    json_object_set_new(line, "seconds", json_double(round(e->seconds * 1000) / 1000));
    return line;
}

/* After an epoch: how good it is, the history, the best model. 0 or -1. */
static int close_epoch(run *r)
{
    trainer *t = r->t;
    const double start = progress_now();
    evaluation e;
    if (evaluate(&e, t->p, t->dev, t->threads))
        return err_prefix("epoch %d: ", r->epoch);
    r->seconds += progress_now() - start;

    trainer_epoch report = {.phase = phases[r->phase],
                            .epoch = r->epoch,
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
    json_array_append(r->history, line);
    int result = 0;
    if (report.best) {
        json_decref(r->best_epoch);
        r->best_epoch = json_incref(line);
        r->stalls = 0;
        result = write_best(r);
    } else {
        r->stalls++;
    }
    json_decref(line);
    if (!result)
        result = write_history(r);
    if (!result && t->hooks->epoch)
        t->hooks->epoch(t->hooks->context, &report);
    return result;
}

static bool phase_over(const run *r)
{
    return r->stalls >= r->t->options->patience || r->phase_epoch > r->t->options->epochs;
}

static bool last_phase(const run *r)
{
    return r->phase == 1 || !r->t->options->focal;
}

static void begin_epoch(run *r)
{
    r->epoch++;
    r->phase_epoch++;
    r->position = 0;
    r->loss_sum = r->train_seconds = r->seconds = 0;
}

/* After the first phase comes the second, from the best weights. 0 or -1. */
static int change_phase(run *r)
{
    if (!phase_over(r) || last_phase(r))
        return 0;
    r->phase = 1;
    r->phase_epoch = 1;
    r->position = 0;
    r->stalls = 0;
    adam_reset(&r->adam, r->t->p);
    return read_best(r);
}

static int train_all(run *r)
{
    if (change_phase(r)) /* resumed with fewer epochs than there were */
        return -1;
    while (!phase_over(r)) {
        shuffle(r);
        const int done = train_epoch(r);
        if (done <= 0)
            return done;
        if (close_epoch(r))
            return -1;
        begin_epoch(r);
        if (change_phase(r) || save_checkpoint(r))
            return -1;
        if (!phase_over(r) && asked_to_stop(r))
            return 0;
    }
    return 1;
}

/* Whether results can be written is found out before the work, not after its first hours. */
static int make_folder(const char *folder)
{
    struct stat st;
    if (mkdir(folder, 0777) && errno != EEXIST)
        return err_set("%s: %s", folder, strerror(errno));
    if (stat(folder, &st) == 0 && !S_ISDIR(st.st_mode))
        return err_set("%s: not a folder", folder);
    return access(folder, R_OK | W_OK | X_OK) ? err_set("%s: %s", folder, strerror(errno)) : 0;
}

int trainer_run(trainer *t)
{
    if (t->train->n == 0 || t->dev->n == 0)
        return err_set("no encounters to %s", t->train->n == 0 ? "train on" : "evaluate with");
    if (make_folder(t->folder))
        return -1;
    run r = {.t = t,
             .epoch = 1,
             .phase_epoch = 1,
             .best = -INFINITY,
             .history = json_array(),
             .identity = identity(t),
             .last_checkpoint = progress_now(),
             .step = step_new(t->p, t->threads, STEP_AUTO),
             .order = mem_array(t->train->n, sizeof *r.order),
             .batch = mem_array((size_t)t->options->batch_size, sizeof *r.batch)};
    int result = -1;
    if (r.step && r.order && r.batch && !adam_init(&r.adam, t->p) &&
        (t->resume && checkpoint_exists(t->folder) ? !load_checkpoint(&r) : !checkpoint_remove(t->folder)))
        result = train_all(&r);
    step_free(r.step);
    adam_free(&r.adam);
    mem_free(r.order);
    mem_free(r.batch);
    json_decref(r.identity);
    json_decref(r.best_epoch);
    json_decref(r.history);
    return result;
}
