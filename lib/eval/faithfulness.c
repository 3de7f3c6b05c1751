/* SPDX-License-Identifier: Apache-2.0 */
#include "eval/faithfulness.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/printable.h"
#include "base/ratio.h"
#include "base/rng.h"
#include "eval/faithfulness_words.h"
#include "text/gold_spans.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const names[FAITHFULNESS_KINDS] = {"evidence", "attention", "random"};

/* What one thread needs to predict lists of words. */
typedef struct worker {
    pack in, out;
    record words, scored;
    buf scratch;
    unsigned char *chosen, *free; /* [T] */
    float *attention;             /* [T] */
    size_t chosen_cap, free_cap, attention_cap;
} worker;

typedef struct effect {
    double without, only; /* p(x without e), p(e) */
} effect;

/* A predicted code of the encounter. */
typedef struct task {
    int32_t label, code; /* in the model, in the line */
    uint64_t words;      /* of the evidence; 0: not counted */
    effect of[FAITHFULNESS_KINDS];
    char *error; /* NULL: none */
} task;

struct faithfulness {
    model_stage *stage;
    pool *threads;
    worker *workers; /* [threads] */
    gold_spans line;
    encounter_words words; /* of the record */
    task *tasks;           /* [n] codes of the encounter */
    size_t n, tasks_cap;
    float *scores; /* [L] p(x) */
    uint64_t encounters, codes, n_words;
    double comprehensiveness[FAITHFULNESS_KINDS], sufficiency[FAITHFULNESS_KINDS]; /* sums */
};

faithfulness *faithfulness_new(model_stage *stage, pool *threads)
{
    faithfulness *f = mem_array(1, sizeof *f);
    if (!f)
        return NULL;
    f->stage = stage;
    f->threads = threads;
    f->workers = mem_array((size_t)pool_size(threads), sizeof *f->workers);
    f->scores = mem_array(stage->m->p.labels, sizeof *f->scores);
    if (f->workers && f->scores)
        return f;
    faithfulness_free(f);
    return NULL;
}

static void free_worker(worker *w)
{
    pack_free(&w->in);
    pack_free(&w->out);
    record_free(&w->words);
    record_free(&w->scored);
    buf_free(&w->scratch);
    mem_free(w->chosen);
    mem_free(w->free);
    mem_free(w->attention);
}

void faithfulness_free(faithfulness *f)
{
    if (!f)
        return;
    for (size_t i = 0; f->workers && i < (size_t)pool_size(f->threads); i++)
        free_worker(&f->workers[i]);
    mem_free(f->workers);
    gold_spans_free(&f->line);
    encounter_words_free(&f->words);
    mem_free(f->tasks);
    mem_free(f->scores);
    mem_free(f);
}

/* ---- probabilities ---- */

/* Predicts the words t with keep[t] == value; NULL: all words. Returns the scores [L], borrowed until the
 * next call of the worker, or NULL. */
static const float *predict(const faithfulness *f, int number, const unsigned char *keep, unsigned char value)
{
    worker *w = &f->workers[number];
    tensor t;
    pack_clear(&w->in);
    pack_clear(&w->out);
    if (encounter_words_pack(&w->in, &f->words, keep, value) || record_from_fields(&w->words, &w->in) ||
        model_stage_predict(f->stage, number, &w->words, &w->out) ||
        record_from_fields(&w->scored, &w->out) || record_tensor(&w->scored, "scores", 'f', 1, &t))
        return NULL;
    w->scratch.len = 0;
    return tensor_floats(&t, &w->scratch);
}

static int measure(const faithfulness *f, int number, int32_t label, effect *e)
{
    const unsigned char *chosen = f->workers[number].chosen;
    const float *scores = predict(f, number, chosen, 0);
    if (!scores)
        return -1;
    e->without = scores[label];
    if (!(scores = predict(f, number, chosen, 1)))
        return -1;
    e->only = scores[label];
    return 0;
}

/* Fills the mean attention of the label over the blocks, [T]; 0 for words that the model does not read. */
static int attend(const faithfulness *f, int number, int32_t label)
{
    worker *w = &f->workers[number];
    const encounter_words *x = &f->words;
    const int attentions = f->stage->m->p.sizes.attentions;
    float *const *A;
    memset(w->attention, 0, x->T * sizeof *w->attention);
    if (model_stage_read(f->stage, number, x->ids, x->read) ||
        model_stage_weights(f->stage, number, &label, 1, &A))
        return -1;
    for (int a = 0; a < attentions; a++)
        for (size_t t = 0; t < x->read; t++)
            w->attention[t] += A[a][t] / (float)attentions;
    return 0;
}

/* ---- one code ---- */

static int measure_code(faithfulness *f, int number, task *k)
{
    worker *w = &f->workers[number];
    const encounter_words *x = &f->words;
    if (mem_grow(&w->chosen, &w->chosen_cap, x->T + 1, sizeof *w->chosen) ||
        mem_grow(&w->free, &w->free_cap, x->T + 1, sizeof *w->free) ||
        mem_grow(&w->attention, &w->attention_cap, x->T + 1, sizeof *w->attention))
        return -1;
    k->words = encounter_words_choose(w->chosen, x, &f->line, k->code);
    if (!k->words)
        return 0;
    unsigned char *evidence = mem_array(x->T, sizeof *evidence);
    if (!evidence)
        return -1;
    memcpy(evidence, w->chosen, x->T);
    rng random;
    rng_seed(&random, 1, f->encounters, (uint64_t)k->code);
    int result = measure(f, number, k->label, &k->of[FAITHFULNESS_EVIDENCE]);
    if (!result)
        result = attend(f, number, k->label);
    if (!result) {
        spans_of_most(w->chosen, w->free, evidence, w->attention, x);
        result = measure(f, number, k->label, &k->of[FAITHFULNESS_ATTENTION]);
    }
    if (!result) {
        spans_at_random(w->chosen, w->free, evidence, &random, x);
        result = measure(f, number, k->label, &k->of[FAITHFULNESS_RANDOM]);
    }
    mem_free(evidence);
    return result;
}

static void run_task(void *context, size_t i, size_t number)
{
    faithfulness *f = context;
    task *k = &f->tasks[i];
    if (measure_code(f, (int)number, k))
        k->error = err_copy();
}

/* ---- one encounter ---- */

/* The predicted codes of the line that the model has. */
static int list_codes(faithfulness *f)
{
    const labels *own = f->stage->m->labels;
    f->n = 0;
    for (int32_t i = 0; i < map_size(f->line.codes); i++) {
        size_t n;
        const char *code = map_key(f->line.codes, i, &n);
        const int32_t label = labels_index(own, code, n);
        if (!f->line.predicted[i] || label < 0)
            continue;
        if (mem_grow(&f->tasks, &f->tasks_cap, f->n + 1, sizeof *f->tasks))
            return -1;
        f->tasks[f->n++] = (task){.label = label, .code = i};
    }
    return 0;
}

/* Predicts the whole encounter: p(x), and the ids that attention needs. */
static int predict_all(faithfulness *f)
{
    worker *w = &f->workers[0];
    const float *scores = predict(f, 0, NULL, 0);
    if (!scores)
        return -1;
    memcpy(f->scores, scores, f->stage->m->p.labels * sizeof *scores);
    return encounter_words_ids(&f->words, &w->scored);
}

static void add(faithfulness *f, const task *k)
{
    const double p = f->scores[k->label];
    f->codes++;
    f->n_words += k->words;
    for (int i = 0; i < FAITHFULNESS_KINDS; i++) {
        f->comprehensiveness[i] += p - k->of[i].without;
        f->sufficiency[i] += p - k->of[i].only;
    }
}

int faithfulness_add(faithfulness *f, const json_t *line,
                     const record *(*words)(void *context, const char *id), void *context)
{
    const record *r;
    if (gold_spans_read(&f->line, line, NULL) || !(r = words(context, f->line.id)) ||
        encounter_words_read(&f->words, r, &f->line) || list_codes(f))
        return -1;
    f->encounters++;
    if (f->n == 0)
        return 0;
    if (predict_all(f))
        return record_error(r, NULL);
    pool_run(f->threads, run_task, f, f->n);
    int result = 0;
    for (size_t i = 0; i < f->n; i++) {
        task *k = &f->tasks[i];
        if (k->error && !result)
            result = err_set("%s", k->error);
        else if (!k->error && !result && k->words)
            add(f, k);
        err_copy_free(k->error);
    }
    return result ? record_error(r, NULL) : 0;
}

/* ---- results ---- */

faithfulness_results faithfulness_of_all(const faithfulness *f)
{
    faithfulness_results r = {.encounters = f->encounters, .codes = f->codes, .words = f->n_words};
    for (int i = 0; i < FAITHFULNESS_KINDS; i++) {
        r.of[i].comprehensiveness = ratio(f->comprehensiveness[i], (double)f->codes);
        r.of[i].sufficiency = ratio(f->sufficiency[i], (double)f->codes);
    }
    return r;
}

json_t *faithfulness_json(const faithfulness *f)
{
    const faithfulness_results r = faithfulness_of_all(f);
    json_t *o = json_object();
    ecan_json_set(o, "encounters", json_integer((json_int_t)r.encounters));
    ecan_json_set(o, "pairs", json_integer((json_int_t)r.codes));
    ecan_json_set(o, "words", ecan_json_double(ratio((double)r.words, (double)r.codes)));
    for (int i = 0; i < FAITHFULNESS_KINDS; i++) {
        json_t *of = json_object();
        ecan_json_set(of, "comprehensiveness", ecan_json_double(r.of[i].comprehensiveness));
        ecan_json_set(of, "sufficiency", ecan_json_double(r.of[i].sufficiency));
        ecan_json_set(o, names[i], of);
    }
    return ecan_json_complete(o);
}

void faithfulness_table(FILE *file, const faithfulness *f)
{
    const faithfulness_results r = faithfulness_of_all(f);
    fprintf(file, "%" PRIu64 " encounter%s, %" PRIu64 " predicted code%s with evidence", r.encounters,
            r.encounters == 1 ? "" : "s", r.codes, r.codes == 1 ? "" : "s");
    if (r.codes)
        fprintf(file, ", %.1f words each", (double)r.words / (double)r.codes);
    fputs("\n\n            comprehensiveness  sufficiency\n", file);
    for (int i = 0; i < FAITHFULNESS_KINDS; i++)
        fprintf(file, "%-10s  %17.4f  %11.4f\n", names[i], r.of[i].comprehensiveness, r.of[i].sufficiency);
    fputs("\ncomprehensiveness  how much the probability of the code falls without these words (higher is "
          "better)\n"
          "sufficiency        how much it falls with only these words (lower is better)\n",
          file);
}
