/* SPDX-License-Identifier: Apache-2.0 */
/* The public library over the layers: an encounter goes the way of ecan-tokenize | ecan-predict |
 * ecan-explain, as records in memory, by the same functions. Nothing is computed here. */
#include "ecan.h"

#include "base/err.h"
#include "base/mem.h"
#include "base/pool.h"
#include "eval/evidence.h"
#include "io/show.h"
#include "model/model.h"
#include "predict/model_stage.h"
#include "tensor/gemm.h"
#include "text/encounter.h"
#include "text/text_settings.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_THREADS = 1024, MAX_WORDS = 1000000 };

struct ecan_model {
    model opened;
    tokenizer *tokenizer;
    notes_rules *rules;
    matcher *terms;   /* NULL: none */
    atomic_int users; /* it was opened, and its predictors */
};

struct ecan_predictor {
    ecan_model *model;
    pool *threads;
    model_stage stage;
    explainer *explainer;
    char *asked; /* options.codes */

    encounter encounter;
    buf line;   /* of JSON, which is written over */
    pack added; /* what the model adds to the record */
    record tokens, scored;
    evidence evidence;
    buf scratch;

    bool has_result;
    const float *scores; /* [L], in scored or scratch */
    ecan_code *codes;
    ecan_passage *passages;
    size_t n_codes, codes_room, passages_room;
    char *json;

    /* One thread predicts, and the others join its loops. */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool done;
    int result;
    err_class class; /* of what failed, in whichever thread, */
    buf why;         /* and its message */
};

const char *ecan_version(void)
{
    return ECAN_VERSION;
}

/* ---- errors ---- */

const char *ecan_error_message(void)
{
    return err_message();
}

static ecan_status failed(void)
{
    static const ecan_status status[] = {[ERR_INPUT] = ECAN_ERROR_INPUT,
                                         [ERR_IO] = ECAN_ERROR_IO,
                                         [ERR_MEMORY] = ECAN_ERROR_MEMORY,
                                         [ERR_MODEL] = ECAN_ERROR_MODEL};
    return status[err_get_class()];
}

/* ---- models ---- */

static void release(ecan_model *m)
{
    if (atomic_fetch_sub(&m->users, 1) > 1)
        return;
    notes_rules_free(m->rules);
    tokenizer_free(m->tokenizer);
    matcher_free(m->terms);
    model_close(&m->opened);
    mem_free(m);
}

static int open_model(ecan_model *m, const char *folder)
{
    if (model_open(&m->opened, folder, NULL))
        return -1;
    const json_t *settings = model_tokenizer(&m->opened);
    if (!settings)
        return err_model("%s/%s: no tokenizer: the model was trained on words that another program made",
                         folder, MODEL_CONFIG);
    if (text_settings_read(settings, &m->tokenizer, &m->rules)) {
        err_refine(ERR_MODEL);
        return err_prefix("%s/%s: ", folder, MODEL_CONFIG);
    }
    return model_stage_read_terms(&m->opened, folder, &m->terms);
}

ecan_status ecan_model_open(const char *folder, ecan_model **m)
{
    if (m)
        *m = NULL;
    if (!folder || !m) {
        err_set("ecan_model_open: an argument is NULL");
        return failed();
    }
    gemm_init();
    ecan_model *made = mem_array(1, sizeof *made);
    if (!made)
        return failed();
    atomic_init(&made->users, 1);
    if (open_model(made, folder)) {
        release(made);
        return failed();
    }
    *m = made;
    return ECAN_OK;
}

void ecan_model_close(ecan_model *m)
{
    if (m)
        release(m);
}

size_t ecan_model_codes(const ecan_model *m)
{
    return m ? (size_t)labels_count(m->opened.labels) : 0;
}

const char *ecan_model_code(const ecan_model *m, size_t i)
{
    return i < ecan_model_codes(m) ? labels_code(m->opened.labels, (int32_t)i) : NULL;
}

const char *ecan_model_description(const ecan_model *m, size_t i)
{
    return i < ecan_model_codes(m) ? labels_description(m->opened.labels, (int32_t)i) : NULL;
}

/* ---- options ---- */

/* A caller of an earlier version has a shorter struct; one of a later version may ask for what is not there.
 */
static int copy_options(ecan_options *to, const ecan_options *from)
{
    const size_t size = from ? from->size : 0;
    *to = (ecan_options){.size = sizeof *to};
    if (!from)
        return 0;
    if (size < sizeof size)
        return err_set("options: size %zu: begin with ECAN_OPTIONS_INIT", size);
    for (size_t i = sizeof *to; i < size; i++)
        if (((const unsigned char *)from)[i])
            return err_set("options: one that version " ECAN_VERSION " does not have");
    memcpy(to, from, size < sizeof *to ? size : sizeof *to);
    return 0;
}

static int check_options(const ecan_options *o)
{
    if (o->threads < 0 || o->threads > MAX_THREADS)
        return err_set("options: threads: expected 0 to %d", MAX_THREADS);
    if (o->by != ECAN_BY_PEAK && o->by != ECAN_BY_SUM)
        return err_set("options: by: expected ECAN_BY_PEAK or ECAN_BY_SUM");
    if (o->passages < 0 || o->passages > MAX_WORDS || o->words < 0 || o->words > MAX_WORDS)
        return err_set("options: passages and words: expected 0 to %d", MAX_WORDS);
    if (!(o->above >= 0 && o->above <= 1) || !(o->threshold >= 0 && o->threshold <= 1))
        return err_set("options: above and threshold: expected 0 to 1");
    return 0;
}

/* ---- predictors ---- */

static int give_header(ecan_predictor *p)
{
    pack fields = {0};
    record header = {0};
    unsigned char head[5];
    int result = model_stage_header(&p->stage, &fields);
    if (!result && (buf_add(&header.bytes, head, pack_map_head(&fields, head)) ||
                    buf_add(&header.bytes, fields.body.data, fields.body.len) || record_index(&header)))
        result = -1;
    if (!result)
        result = explainer_header(p->explainer, &header);
    record_free(&header);
    pack_free(&fields);
    return result;
}

static int open_predictor(ecan_predictor *p, const ecan_options *o)
{
    if (!(p->threads = pool_new(o->threads > 0 ? o->threads : 1)) ||
        model_stage_open(&p->stage, &p->model->opened, pool_size(p->threads)) ||
        model_stage_use_terms(&p->stage, p->model->terms))
        return -1;
    if (o->threshold > 0)
        model_stage_thresholds(&p->stage, o->threshold, NULL);
    if (o->codes && !(p->asked = mem_strndup(o->codes, strlen(o->codes))))
        return -1;
    const explainer_options how = {.by = o->by == ECAN_BY_SUM ? EVIDENCE_SUM : EVIDENCE_PEAK,
                                   .top = o->passages,
                                   .ngram = o->words,
                                   .above = o->above,
                                   .codes = p->asked};
    return (p->explainer = explainer_new(&p->stage, &how)) ? give_header(p) : -1;
}

ecan_status ecan_predictor_new(ecan_model *m, const ecan_options *options, ecan_predictor **predictor)
{
    ecan_options o;
    if (predictor)
        *predictor = NULL;
    if (!m || !predictor)
        err_set("ecan_predictor_new: an argument is NULL");
    if (!m || !predictor || copy_options(&o, options) || check_options(&o))
        return failed();
    ecan_predictor *p = mem_array(1, sizeof *p);
    if (!p)
        return failed();
    p->model = m;
    atomic_fetch_add(&m->users, 1);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    if (open_predictor(p, &o)) {
        ecan_predictor_free(p);
        return failed();
    }
    *predictor = p;
    return ECAN_OK;
}

void ecan_predictor_free(ecan_predictor *p)
{
    if (!p)
        return;
    pool_free(p->threads);
    explainer_free(p->explainer);
    model_stage_close(&p->stage);
    encounter_free(&p->encounter);
    buf_free(&p->line);
    pack_free(&p->added);
    record_free(&p->tokens);
    record_free(&p->scored);
    evidence_free(&p->evidence);
    buf_free(&p->scratch);
    buf_free(&p->why);
    mem_free(p->asked);
    mem_free(p->codes);
    mem_free(p->passages);
    mem_free(p->json);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    release(p->model);
    mem_free(p);
}

/* ---- an encounter ---- */

/* A record of the fields of one or two packs. */
static int make_record(record *r, const pack *fields, const pack *more)
{
    unsigned char head[5];
    const pack both = {.fields = fields->fields + (more ? more->fields : 0)};
    r->bytes.len = 0;
    r->number = 1;
    return buf_add(&r->bytes, head, pack_map_head(&both, head)) ||
                   buf_add(&r->bytes, fields->body.data, fields->body.len) ||
                   (more && buf_add(&r->bytes, more->body.data, more->body.len))
               ? -1
               : record_index(r);
}

/* Keeps what is shown of a result, which points into the record and the evidence. */
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
                                  .index = (size_t)c->label,
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
                                        .text_size = from->end_byte - from->begin_byte};
    }
    p->n_codes = e->n_codes;
    return 0;
}

static int predict(ecan_predictor *p, int worker)
{
    const ecan_model *m = p->model;
    pack_clear(&p->added);
    return encounter_read(&p->encounter, m->tokenizer, m->rules, (char *)p->line.data, p->line.len) ||
                   make_record(&p->tokens, &p->encounter.fields, NULL) ||
                   model_stage_predict(&p->stage, worker, &p->tokens, &p->added) ||
                   make_record(&p->scored, &p->encounter.fields, &p->added) ||
                   explainer_find(p->explainer, worker, &p->scored, &p->evidence) || keep_result(p)
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

static void help(ecan_predictor *p, int worker)
{
    pthread_mutex_lock(&p->lock);
    while (!p->done) {
        if (!work_sharing_is_open(p->stage.crew.loops)) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        work_sharing_join(p->stage.crew.loops, worker);
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

static void serve(void *context, int task, int worker)
{
    if (task == 0)
        finish(context, predict(context, worker));
    else
        help(context, worker);
}

/* Predicts the encounter in p->line, which is ended by a NUL that is not counted. */
static ecan_status run(ecan_predictor *p)
{
    p->done = false;
    if (p->stage.crew.loops)
        work_sharing_on_open(p->stage.crew.loops, loop_opened, p);
    pool_run(p->threads, serve, p, pool_size(p->threads));
    p->has_result = p->result == 0;
    if (p->has_result)
        return ECAN_OK;
    err_set_class(p->class, "%s", p->why.len > 0 ? (const char *)p->why.data : "out of memory");
    return failed();
}

/* Forgets the encounter before. */
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
        return err_set("an encounter of more than %zu bytes", STREAM_MAX_RECORD);
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
        err_set("an encounter of more than %zu bytes", STREAM_MAX_RECORD);
    return size > STREAM_MAX_RECORD || buf_add(&p->line, json, size) || end_line(p) ? failed() : run(p);
}

/* ---- texts become the JSON that they would have come as ---- */

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

const float *ecan_predictor_scores(const ecan_predictor *p)
{
    return p && p->has_result ? p->scores : NULL;
}

ecan_status ecan_predictor_json(ecan_predictor *p, const char **json)
{
    if (json)
        *json = NULL;
    if (!p || !json || !p->has_result) {
        err_set("ecan_predictor_json: %s", p && json ? "there is no result" : "an argument is NULL");
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
