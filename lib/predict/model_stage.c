/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and closes the stages. */
#include "predict/model_stage.h"

#include "base/err.h"
#include "base/mem.h"
#include "io/file.h"
#include "predict/stage_worker.h"
#include "tensor/gemm.h"

#include <stdlib.h>

static int init_worker(model_stage_worker *w, size_t L)
{
    w->scores = mem_array(L, sizeof *w->scores);
    w->peak_weights = mem_array(L, sizeof *w->peak_weights);
    w->peaks = mem_array(2 * L, sizeof *w->peaks);
    w->order = mem_array(L, sizeof *w->order);
    return w->scores && w->peak_weights && w->peaks && w->order ? 0 : -1;
}

static void free_worker(model_stage_worker *w)
{
    net_work_free(&w->net);
    mem_free(w->words.ids);
    seen_words_free(&w->seen);
    mem_free(w->X);
    for (int i = 0; i < CONFIG_BLOCKS; i++) {
        buf_free(&w->in[i]);
        mem_free(w->A[i]);
    }
    mem_free(w->scores);
    mem_free(w->peak_weights);
    mem_free(w->peaks);
    mem_free(w->order);
    matcher_work_free(w->terms);
    matches_free(&w->matches);
    linear_branch_work_free(&w->linear);
    gradient_work_free(&w->gradient);
    mem_free(w->support);
    attend_work_free(&w->few);
    mem_free(w->few_U);
    mem_free(w->few_weights);
    mem_free(w->few_peaks);
}

void model_stage_thresholds(model_stage *s, float common, const float *t)
{
    s->threshold = common;
    for (size_t j = 0; j < s->m->p.labels; j++)
        s->thresholds[j] = t ? t[j] : common;
}

static int make_team(model_stage *s)
{
    s->team.loops = work_sharing_new();
    s->team.work = mem_array(s->n_workers, sizeof *s->team.work);
    if (!s->team.loops || !s->team.work)
        return -1;
    for (int i = 0; i < s->n_workers; i++) {
        attend_work *w = &s->workers[i].net.a;
        s->team.work[i] = w;
        w->team = &s->team;
        w->worker = i;
    }
    return 0;
}

int model_stage_open(model_stage *s, const model *m, int threads)
{
    static const model none;
    *s = (model_stage){.m = m ? m : &none, .n_workers = threads};
    s->workers = mem_array(s->n_workers, sizeof *s->workers);
    s->thresholds = mem_array(s->m->p.labels, sizeof *s->thresholds);
    int result = s->workers && s->thresholds ? gemm_init() : -1;
    if (!result)
        model_stage_thresholds(s, s->m->p.c.threshold, s->m->thresholds);
    for (int i = 0; !result && i < s->n_workers; i++)
        result = init_worker(&s->workers[i], s->m->p.labels);
    if (!result && s->n_workers > 1)
        result = make_team(s);
    if (result)
        model_stage_close(s);
    return result;
}

void model_stage_close(model_stage *s)
{
    for (int i = 0; s->workers && i < s->n_workers; i++)
        free_worker(&s->workers[i]);
    mem_free(s->workers);
    work_sharing_free(s->team.loops);
    mem_free(s->team.work);
    mem_free(s->thresholds);
    winograd_weights_free(&s->transposed);
    if (s->vectors)
        lookup_close(s->vectors);
    mem_free(s->vectors);
    *s = (model_stage){0};
}

unread model_stage_unread(const model_stage *s)
{
    unread sum = {0};
    for (int i = 0; i < s->n_workers; i++)
        unread_merge(&sum, &s->workers[i].unread);
    return sum;
}

int model_stage_open_vectors(model_stage *s, const char *path, bool unit)
{
    const params *p = &s->m->p;
    if (!(s->vectors = mem_array(1, sizeof *s->vectors)) || lookup_open(s->vectors, path, unit))
        return -1;
    if (!s->m->words)
        return 0;
    if (s->vectors->v.size != p->c.embedding_size)
        return err_set("%s: expected word vectors of dimension %d as in the model, got %d", path,
                       p->c.embedding_size, (int)s->vectors->v.size);
    lookup_unknown(s->vectors, p->embed + VOCAB_UNK * p->sizes.E);
    return 0;
}

int model_stage_use_terms(model_stage *s, const matcher *terms)
{
    s->terms = terms;
    for (int i = 0; terms && i < s->n_workers; i++)
        if (!(s->workers[i].terms = matcher_work_new(terms)))
            return -1;
    return 0;
}

static matcher *read_own_terms(const model *m, const char *folder)
{
    char *path = file_join(folder, MODEL_TERMS);
    matcher *terms = path ? matcher_read_fd(m->terms, path, m->labels, model_tokenizer(m)) : NULL;
    free(path);
    return terms;
}

static scopes *read_scopes(const model *m, const char *folder)
{
    if (!m->has_scopes)
        return scopes_new();
    char *path = file_join(folder, MODEL_SCOPES);
    scopes *s = path ? scopes_read_fd(m->scopes, path) : NULL;
    free(path);
    return s;
}

int model_stage_read_terms(const model *m, const char *folder, const char *file, matcher **terms)
{
    *terms = NULL;
    if (!file && !m->has_terms)
        return 0;
    *terms = file ? matcher_read(file, m->labels, model_tokenizer(m)) : read_own_terms(m, folder);
    scopes *s = NULL;
    if (*terms && (!matcher_marks(*terms)->any || (s = read_scopes(m, folder)))) {
        matcher_own_scopes(*terms, s);
        return 0;
    }
    matcher_free(*terms);
    *terms = NULL;
    err_refine(ERR_MODEL);
    return -1;
}

bool model_stage_has_unit_vectors(const model_stage *s)
{
    return json_is_true(json_object_get(json_object_get(s->m->config, "training"), "scale_vectors"));
}
