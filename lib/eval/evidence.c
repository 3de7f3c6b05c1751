/* SPDX-License-Identifier: Apache-2.0 */
/* From a record to its passages. Which words make a passage is decided in passage.c; the output is in
 * evidence_json.c and page.c. */
#include "eval/evidence_private.h"

#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

/* ---- requested codes ---- */

explainer *explainer_new(model_stage *stage, const explainer_options *options)
{
    explainer *x = mem_array(1, sizeof *x);
    if (!x)
        return NULL;
    x->o = *options;
    x->o.top = options->top > 0 ? options->top : 1;
    x->stage = stage;
    if (stage && options->by == EVIDENCE_ATTINGRAD && !stage->transposed.data &&
        model_stage_open_gradients(stage)) {
        mem_free(x);
        return NULL;
    }
    return x;
}

void explainer_free(explainer *x)
{
    if (!x)
        return;
    labels_free(x->labels);
    mem_free(x);
}

static int check_asked(const explainer *x)
{
    const char *list = x->o.codes, *code;
    size_t n;
    while (list_next(&list, &code, &n))
        if (labels_index(x->labels, code, n) < 0)
            return err_set("the model has no label %.*s", (int)n, code);
    return 0;
}

static int check_model(explainer *x, const record *header)
{
    if (!x->stage)
        return 0;
    const labels *own = x->stage->m->labels;
    int32_t n = labels_count(x->labels);
    bool same = n == labels_count(own);
    for (int32_t i = 0; same && i < n; i++)
        same = strcmp(labels_code(x->labels, i), labels_code(own, i)) == 0;
    if (!same)
        return err_set("the labels of the stream are not those of the model: another model made the scores");
    return model_stage_check_ids(x->stage, header);
}

int explainer_header(explainer *x, const record *header)
{
    labels_free(x->labels);
    if (!(x->labels = labels_new()) || labels_from_header(x->labels, header))
        return -1;
    return check_model(x, header) || check_asked(x) ? -1 : 0;
}

/* The block of attention a. Without a model, the attentions are those of blocks 0, 1, .... */
static int block_of(const explainer *x, int a)
{
    return x->stage ? x->stage->m->p.sizes.attention[a].block : a;
}

/* ---- terms ---- */

/* The best term of the label, as a passage of weight sigmoid(w). False: no term has a positive weight w. */
static bool find_term(const explainer *x, const evidence *e, int32_t label, passage *p)
{
    const matches *m = &e->work->matches;
    size_t best = m->n;
    for (size_t i = 0; i < m->n; i++)
        if (m->at[i][0] == label && m->weights[i] > (best < m->n ? m->weights[best] : 0))
            best = i;
    if (best == m->n ||
        !passage_of_words(&e->work->places, (size_t)m->at[best][1], (size_t)m->at[best][2], p))
        return false;
    p->weight = (float)(1 / (1 + exp(-(double)m->weights[best])));
    p->block = -1;
    p->marks = m->marks[best];
    return p->weight > x->o.above;
}

/* ---- weights ---- */

/* Whether the peak of label j is a word of a note: 1, or 0 for a marker. -1: it is not a word of the record.
 */
static int has_peak(const explainer *x, const evidence_view *v, const evidence *e, int32_t j)
{
    const int32_t block = v->peaks[2 * j], t = v->peaks[2 * j + 1];
    if (t < 0 || (size_t)t >= v->T || block < 0 || (x->stage && block >= x->stage->m->p.c.blocks)) {
        err_set("label %d: its peak, block %d, word %d, does not exist in this record", (int)j, (int)block,
                (int)t);
        return record_error(v->r, "peaks");
    }
    return e->work->places.of[t].note >= 0;
}

/* Whether the peaks of the record are enough, and no weights of words are needed: 1, 0 or -1. A peak that
 * does not exist is an error in any case. */
static int peaks_suffice(const explainer *x, const evidence_view *v, const evidence *e)
{
    int all = v->peaks != NULL;
    for (size_t i = 0; all > 0 && i < e->n_codes; i++)
        all = has_peak(x, v, e, e->codes[i].label);
    return all;
}

/* Finds the phrases, and the words for repeats. */
static int find_phrases(const evidence_view *v, evidence *e)
{
    evidence_work *w = e->work;
    const bool words = record_find(v->r, "tokens") != NULL;
    if (words && seen_words_read(&w->seen_words, v->r))
        return -1;
    if (words && w->seen_words.T != v->words) {
        err_set("%u words, but %zu spans", (unsigned)w->seen_words.T, v->words);
        return record_error(v->r, "tokens");
    }
    return places_phrases(&w->places, v->spans, e->notes, words ? &w->seen_words : NULL)
               ? record_error(v->r, NULL)
               : 0;
}

/* The passages of every code, from the weights of all words. A code whose only passage is a term needs none.
 */
static int explain_words(explainer *x, int worker, evidence_view *v, evidence *e)
{
    evidence_work *w = e->work;
    int blocks[CONFIG_BLOCKS];
    bool begun = false;
    if (evidence_weights_room(w, v->T) || (!x->o.ngram && find_phrases(v, e)))
        return -1;
    for (size_t i = 0; i < e->n_codes; i++) {
        passage term;
        const bool has_term = find_term(x, e, e->codes[i].label, &term);
        if (!has_term || x->o.top > 1) {
            if ((!begun && evidence_weights_begin(x, worker, v)) || evidence_weigh(x, worker, v, e, i))
                return -1;
            begun = true;
        }
        for (int a = 0; a < v->attentions; a++)
            blocks[a] = block_of(x, a);
        const chooser c = {.places = &w->places,
                           .words = w->words,
                           .ngram = x->o.ngram,
                           .blocks = blocks,
                           .top = x->o.top,
                           .above = x->o.above,
                           .heap = w->heap,
                           .seen = w->seen,
                           .term = has_term ? &term : NULL};
        e->codes[i].first = e->n_passages;
        const int n = passages_choose(&c, e);
        if (n < 0)
            return -1;
        e->codes[i].n = (size_t)n;
    }
    return 0;
}

/* The one passage of every code, from the record's matches and peaks. */
static int explain_peaks(const explainer *x, const evidence_view *v, evidence *e)
{
    if (mem_grow(&e->passages, &e->passages_cap, e->n_codes, sizeof *e->passages))
        return -1;
    for (size_t i = 0; i < e->n_codes; i++) {
        const size_t j = (size_t)e->codes[i].label, t = (size_t)v->peaks[2 * j + 1];
        const int block = v->peaks[2 * j];
        passage *p = &e->passages[e->n_passages];
        e->codes[i].first = e->n_passages;
        if (!find_term(x, e, e->codes[i].label, p)) {
            if (e->work->places.of[t].note < 0 || !(v->peak_weights[j] > x->o.above))
                continue;
            *p = passage_around(&e->work->places, t, x->o.ngram, NULL);
            p->weight = v->peak_weights[j];
            p->block = block;
        }
        e->codes[i].n = 1;
        e->n_passages++;
    }
    return 0;
}

static int explain(explainer *x, int worker, evidence_view *v, evidence *e)
{
    if (v->T == 0)
        return 0;
    const int suffice = peaks_suffice(x, v, e);
    if (suffice < 0)
        return -1;
    /* If a peak is a marker, the word with the next largest weight is searched for. That needs attentions. */
    const bool possible = x->stage || v->attentions;
    return x->o.ngram && (suffice || (v->peaks && !possible)) ? explain_peaks(x, v, e)
                                                              : explain_words(x, worker, v, e);
}

int explainer_find(explainer *x, int worker, const record *r, evidence *e)
{
    evidence_view v;
    e->id = r->id;
    e->by = x->o.by;
    e->n_codes = e->n_passages = 0;
    if (!e->work && !(e->work = mem_array(1, sizeof *e->work)))
        return -1;
    if (notes_read(r, &e->notes, &e->notes_cap, &e->n_notes) || evidence_view_open(&v, x, r, e) ||
        evidence_find_unread(&v, e) || evidence_add_codes(x, &v, e))
        return -1;
    return explain(x, worker, &v, e);
}

void evidence_free(evidence *e)
{
    mem_free(e->notes);
    mem_free(e->codes);
    mem_free(e->passages);
    mem_free(e->unread);
    if (e->work) {
        places_free(&e->work->places);
        seen_words_free(&e->work->seen_words);
        matches_free(&e->work->matches);
        mem_free(e->work->words);
        mem_free(e->work->heap);
        mem_free(e->work->seen);
        buf_free(&e->work->row);
        for (size_t i = 0; i < sizeof e->work->scratch / sizeof *e->work->scratch; i++)
            buf_free(&e->work->scratch[i]);
    }
    mem_free(e->work);
    *e = (evidence){0};
}
