/* SPDX-License-Identifier: Apache-2.0 */
/* The public library: models and predictors. ecan_predict.c has prediction and results. */
#include "ecan_private.h"

#include "tensor/gemm.h"
#include "text/text_settings.h"

#include <math.h>
#include <string.h>

enum { MAX_THREADS = 1024, MAX_WORDS = 1000000 };

const char *ecan_version(void)
{
    return ECAN_VERSION;
}

/* ---- errors ---- */

const char *ecan_error_message(void)
{
    return err_message();
}

/* ---- models ---- */

static void release(ecan_model *m)
{
    if (atomic_fetch_sub(&m->users, 1) > 1)
        return;
    notes_rules_free(m->rules);
    tokenizer_free(m->tokenizer);
    ensemble_close(&m->opened);
    mem_free(m);
}

/* What is neither a model nor an ensemble has the message and the status of a model. */
static int open_folder(ecan_model *m, const char *folder)
{
    model none = {0};
    if (ensemble_exists(folder) == 1 || file_exists_in(folder, MODEL_CONFIG) == 1)
        return ensemble_open(&m->opened, folder, NULL);
    if (model_open(&none, folder, false, NULL))
        return -1;
    model_close(&none);
    return err_io("%s: written while it was opened", folder);
}

static int open_model(ecan_model *m, const char *folder)
{
    if (open_folder(m, folder))
        return -1;
    const json_t *settings = model_tokenizer(&first_part(m)->model);
    if (!settings)
        return err_model("%s/%s: no key tokenizer: the model was not trained on words of ecan-tokenize",
                         folder, MODEL_CONFIG);
    if (text_settings_read(settings, &m->tokenizer, &m->rules)) {
        err_refine(ERR_MODEL);
        return err_prefix("%s/%s: ", folder, MODEL_CONFIG);
    }
    return 0;
}

ecan_status ecan_model_open(const char *folder, ecan_model **m)
{
    if (m)
        *m = NULL;
    if (!folder || !m) {
        err_set("ecan_model_open: an argument is NULL");
        return failed();
    }
    ecan_model *made = gemm_init() ? NULL : mem_array(1, sizeof *made);
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
    return m ? labels_count(ensemble_part_labels(first_part(m))) : 0;
}

const char *ecan_model_code(const ecan_model *m, size_t i)
{
    return i < ecan_model_codes(m) ? labels_code(ensemble_part_labels(first_part(m)), (int32_t)i) : NULL;
}

const char *ecan_model_description(const ecan_model *m, size_t i)
{
    return i < ecan_model_codes(m) ? labels_description(ensemble_part_labels(first_part(m)), (int32_t)i)
                                   : NULL;
}

/* ---- options ---- */

/* The struct of a caller of an earlier version is shorter. That of a later version may have options that do
 * not exist here. */
static int copy_options(ecan_options *to, const ecan_options *from)
{
    const size_t size = from ? from->size : 0;
    *to = (ecan_options){.size = sizeof *to};
    if (!from)
        return 0;
    if (size < sizeof size)
        return err_set("options: invalid size %zu: initialise with ECAN_OPTIONS_INIT", size);
    for (size_t i = sizeof *to; i < size; i++)
        if (((const unsigned char *)from)[i])
            return err_set("options: an option that version " ECAN_VERSION
                           " does not have: initialise with ECAN_OPTIONS_INIT");
    memcpy(to, from, size < sizeof *to ? size : sizeof *to);
    return 0;
}

static int check_options(const ecan_options *o)
{
    if (o->threads < 0 || o->threads > MAX_THREADS)
        return err_set("options: threads: expected 0 to %d", MAX_THREADS);
    if (o->by < ECAN_BY_PEAK || o->by > ECAN_BY_ATTINGRAD)
        return err_set("options: by: expected ECAN_BY_PEAK, ECAN_BY_SUM or ECAN_BY_ATTINGRAD");
    if (o->passages < 0 || o->passages > MAX_WORDS || o->words < 0 || o->words > MAX_WORDS)
        return err_set("options: passages and words: expected 0 to %d", MAX_WORDS);
    if (!(o->above >= 0 && o->above <= 1) || !(o->threshold >= 0 && o->threshold <= 1))
        return err_set("options: above and threshold: expected 0 to 1");
    return 0;
}

/* ---- predictors ---- */

static int set_header(ecan_predictor *p)
{
    pack fields = {0};
    record header = {0};
    const int result =
        (!p->ensemble && model_stage_header(&p->stage, &fields)) ||
                record_from_fields(&header, p->ensemble ? ensemble_stage_header(p->ensemble) : &fields) ||
                explainer_header(p->explainer, &header)
            ? -1
            : 0;
    record_free(&header);
    pack_free(&fields);
    return result;
}

static int open_ensemble(ecan_predictor *p, const ecan_options *o)
{
    const ensemble_options how = {.threshold = o->threshold > 0 ? o->threshold : NAN};
    if (p->model->opened.single)
        return 0;
    return (p->ensemble = ensemble_stage_new(&p->model->opened, (int)pool_size(p->threads), &how)) ? 0 : -1;
}

static int open_predictor(ecan_predictor *p, const ecan_options *o)
{
    if (!(p->threads = pool_new(o->threads > 0 ? o->threads : 1)) ||
        model_stage_open(&p->stage, &first_part(p->model)->model, pool_size(p->threads)) ||
        model_stage_use_terms(&p->stage, first_part(p->model)->terms) || open_ensemble(p, o))
        return -1;
    if (o->threshold > 0)
        model_stage_thresholds(&p->stage, o->threshold, NULL);
    if (o->codes && !(p->asked = mem_strndup(o->codes, strlen(o->codes))))
        return -1;
    const explainer_options how = {.by = (evidence_by)o->by, /* the same numbers */
                                   .top = o->passages,
                                   .ngram = o->words,
                                   .above = o->above,
                                   .codes = p->asked};
    return (p->explainer = explainer_new(&p->stage, &how)) ? set_header(p) : -1;
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
    ensemble_stage_free(p->ensemble);
    model_stage_close(&p->stage);
    encounter_free(&p->encounter);
    buf_free(&p->line);
    pack_free(&p->added);
    pack_free(&p->all);
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
