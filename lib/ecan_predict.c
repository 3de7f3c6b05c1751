/* SPDX-License-Identifier: Apache-2.0 */
/* The public library: prediction and results. An encounter passes the same functions as in a pipe of
 * ecan-tokenize | ecan-predict | ecan-explain, as records in memory. */
#include "ecan_private.h"

#include "io/show.h"

#include <stdlib.h>
#include <string.h>

/* ---- an encounter ---- */

/* Makes the record that stream_write() would write: the fields of p->tokens, of which those in p->added
 * replace some, and p->added. */
static int make_scored(ecan_predictor *p)
{
    pack *all = &p->all;
    if (record_from_fields(&p->scored, &p->added))
        return -1;
    pack_clear(all);
    for (size_t i = 0; i < p->tokens.n; i++) {
        const field *f = &p->tokens.fields[i];
        char key[32]; /* those in p->added are shorter */
        if (f->key_len < sizeof key) {
            memcpy(key, f->key, f->key_len);
            key[f->key_len] = '\0';
            if (record_find(&p->scored, key))
                continue;
        }
        pack_key_n(all, f->key, f->key_len);
        pack_raw(all, f->value, f->size);
    }
    pack_objects(all, &p->added);
    return record_from_fields(&p->scored, all);
}

/* Stores the results, which point into the record and the evidence. */
static int keep_result(ecan_predictor *p)
{
    const evidence *e = &p->evidence;
    tensor scores;
    if (record_tensor(&p->scored, "scores", 'f', 1, &scores) ||
        !(p->scores = tensor_floats(&scores, &p->scratch)) ||
        mem_grow(&p->codes, &p->codes_room, e->n_codes, sizeof *p->codes) ||
        mem_grow(&p->passages, &p->passages_room, e->n_passages, sizeof *p->passages))
        return -1;
    for (size_t i = 0; i < e->n_codes; i++) {
        const explained *c = &e->codes[i];
        p->codes[i] = (ecan_code){.code = c->code,
                                  .description = c->description,
                                  .score = c->score,
                                  .predicted = c->predicted,
                                  .index = c->label,
                                  .passages = c->n};
    }
    for (size_t i = 0; i < e->n_passages; i++) {
        const passage *from = &e->passages[i];
        p->passages[i] = (ecan_passage){.note = from->note,
                                        .begin = from->begin,
                                        .end = from->end,
                                        .peak_begin = from->peak,
                                        .peak_end = from->peak_end,
                                        .weight = from->weight,
                                        .block = from->block,
                                        .text = e->notes[from->note].text + from->begin_byte,
                                        .text_size = from->end_byte - from->begin_byte,
                                        .from_term = from->block < 0};
    }
    p->n_codes = e->n_codes;
    return 0;
}

static int score(ecan_predictor *p, int worker)
{
    return p->ensemble ? ensemble_stage_apply(p->ensemble, worker, &p->tokens, &p->added)
                       : model_stage_predict(&p->stage, worker, &p->tokens, &p->added);
}

static int predict(ecan_predictor *p, int worker)
{
    const ecan_model *m = p->model;
    pack_clear(&p->added);
    p->tokens.number = p->scored.number = 1; /* in messages */
    return encounter_read(&p->encounter, m->tokenizer, m->rules, (char *)p->line.data, p->line.len) ||
                   record_from_fields(&p->tokens, &p->encounter.fields) || score(p, worker) ||
                   make_scored(p) || explainer_find(p->explainer, worker, &p->scored, &p->evidence) ||
                   keep_result(p)
               ? -1
               : 0;
}

/* ---- the threads ---- */

static void finish(ecan_predictor *p, int result)
{
    p->class = err_get_class();
    p->why.len = 0;
    if (result && buf_add(&p->why, err_message(), strlen(err_message()) + 1)) {
        p->class = ERR_MEMORY;
        p->why.len = 0;
    }
    pthread_mutex_lock(&p->lock);
    p->result = result;
    p->done = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

/* The loops of prediction. Those of evidence are not shared in an ensemble. */
static work_sharing *loops_of(const ecan_predictor *p)
{
    return p->ensemble ? ensemble_stage_loops(p->ensemble) : p->stage.team.loops;
}

static void help(ecan_predictor *p, int worker)
{
    pthread_mutex_lock(&p->lock);
    while (!p->done) {
        if (!work_sharing_is_open(loops_of(p))) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        work_sharing_join(loops_of(p), worker);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
}

static void loop_opened(void *context)
{
    ecan_predictor *p = context;
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

static void serve(void *context, size_t task, size_t worker)
{
    if (task == 0)
        finish(context, predict(context, worker));
    else
        help(context, worker);
}

/* Predicts the encounter in p->line. A NUL follows, which is not counted. */
static ecan_status run(ecan_predictor *p)
{
    p->done = false;
    if (loops_of(p))
        work_sharing_on_open(loops_of(p), loop_opened, p);
    pool_run(p->threads, serve, p, pool_size(p->threads));
    p->has_result = p->result == 0;
    if (p->has_result)
        return ECAN_OK;
    err_set_class(p->class, "%s", p->why.len > 0 ? (const char *)p->why.data : "out of memory");
    return failed();
}

/* Removes the results of the last encounter. */
static void clear(ecan_predictor *p)
{
    p->has_result = false;
    p->line.len = 0;
    mem_free(p->json);
    p->json = NULL;
}

static int end_line(ecan_predictor *p)
{
    if (p->line.len > STREAM_MAX_RECORD)
        return err_set("expected an encounter of at most %zu bytes", STREAM_MAX_RECORD);
    if (buf_add(&p->line, "", 1))
        return -1;
    p->line.len--;
    return 0;
}

ecan_status ecan_predict_json(ecan_predictor *p, const char *json, size_t size)
{
    if (!p || !json) {
        err_set("ecan_predict_json: an argument is NULL");
        return failed();
    }
    clear(p);
    if (size > STREAM_MAX_RECORD)
        err_set("expected an encounter of at most %zu bytes", STREAM_MAX_RECORD);
    return size > STREAM_MAX_RECORD || buf_add(&p->line, json, size) || end_line(p) ? failed() : run(p);
}

/* ---- texts, converted to JSON ---- */

static int add_member(buf *line, const char *key, const char *value)
{
    if (!value)
        return 0;
    if (show_text(line, line->data[line->len - 1] == '{' ? "\"" : ",\"") || show_text(line, key) ||
        show_text(line, "\":"))
        return -1;
    return show_string(line, value, strlen(value)) ? err_prefix("key %s: ", key) : 0;
}

static int add_note(buf *line, const char *text, const char *id, const char *type, const char *date)
{
    if (!text)
        return err_set("key text: NULL");
    return show_text(line, "{") || add_member(line, "id", id) || add_member(line, "type", type) ||
                   add_member(line, "date", date) || add_member(line, "text", text) || show_text(line, "}")
               ? -1
               : 0;
}

static const char *at(const char *const *strings, size_t i)
{
    return strings ? strings[i] : NULL;
}

ecan_status ecan_predict_texts(ecan_predictor *p, const char *id, size_t n, const char *const *texts,
                               const char *const *ids, const char *const *types, const char *const *dates)
{
    if (!p || (n > 0 && !texts)) {
        err_set("ecan_predict_texts: an argument is NULL");
        return failed();
    }
    clear(p);
    buf *line = &p->line;
    if (show_text(line, "{") || add_member(line, "id", id ? id : "1") || show_text(line, ",\"documents\":["))
        return failed();
    for (size_t i = 0; i < n; i++)
        if ((i > 0 && show_text(line, ",")) ||
            add_note(line, texts[i], at(ids, i), at(types, i), at(dates, i))) {
            err_prefix("document %zu: ", i + 1);
            return failed();
        }
    return show_text(line, "]}") || end_line(p) ? failed() : run(p);
}

/* ---- results ---- */

size_t ecan_predictor_codes(const ecan_predictor *p)
{
    return p && p->has_result ? p->n_codes : 0;
}

const ecan_code *ecan_predictor_code(const ecan_predictor *p, size_t i)
{
    return i < ecan_predictor_codes(p) ? &p->codes[i] : NULL;
}

const ecan_passage *ecan_predictor_passage(const ecan_predictor *p, size_t i, size_t k)
{
    const ecan_code *c = ecan_predictor_code(p, i);
    return c && k < c->passages ? &p->passages[p->evidence.codes[i].first + k] : NULL;
}

size_t ecan_predictor_words_cut(const ecan_predictor *p)
{
    return p && p->has_result ? p->evidence.words_cut : 0;
}

size_t ecan_predictor_notes_cut(const ecan_predictor *p)
{
    return p && p->has_result ? p->evidence.notes_cut : 0;
}

const float *ecan_predictor_scores(const ecan_predictor *p)
{
    return p && p->has_result ? p->scores : NULL;
}

ecan_status ecan_predictor_json(ecan_predictor *p, const char **json)
{
    if (json)
        *json = NULL;
    if (!p || !json || !p->has_result) {
        err_set("ecan_predictor_json: %s", p && json
                                               ? "no result: the last prediction failed, or there was none"
                                               : "an argument is NULL");
        return failed();
    }
    if (!p->json) {
        json_t *object = evidence_json(&p->evidence);
        p->json = object ? ecan_json_text(object) : NULL;
        json_decref(object);
    }
    if (!p->json)
        return failed();
    *json = p->json;
    return ECAN_OK;
}
